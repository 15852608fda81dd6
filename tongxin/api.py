"""The REST API: every app's router under /api/v1, one way to sign in, one way to say no."""

from ninja import NinjaAPI

api = NinjaAPI(title="同心 API", version="1", urls_namespace="api")
api.add_router("/regions", "tongxin.regions.rest.router")
