from tests.support.client import ROOT
from tests.support.sample_calls import Sample

[ASSET, *_] = sorted((ROOT / "infra/deployed/layers/docs/api_docs").glob("*.js.gz"))

SAMPLES = {
    "root": Sample("/"),
    "health": Sample("/health"),
    "readiness": Sample("/api/v1/health"),
    "openapi_json": Sample("/openapi.json"),
    "docs": Sample("/docs"),
    "redoc": Sample("/redoc"),
    "docs_asset": Sample(f"/assets/{ASSET.name.removesuffix('.gz')}"),
}
