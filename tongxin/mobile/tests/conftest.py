import pytest

from .phone import Phone


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def phone(api) -> Phone:
    """Mei's, who walks the first grid."""
    return Phone(api, "mei")
