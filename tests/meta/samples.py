from tests.support.sample_calls import Sample

SAMPLES = {
    "root": Sample("/"),
    "health": Sample("/health"),
    "readiness": Sample("/api/v1/health"),
}
