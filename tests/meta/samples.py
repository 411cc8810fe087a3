from tests.samples import Sample

SAMPLES = {
    "root": Sample("/"),
    "health": Sample("/health"),
    "readiness": Sample("/api/v1/health"),
}
