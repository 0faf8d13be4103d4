"""What unit tests of several parts look at."""

import pytest
import structlog


@pytest.fixture
def every_log():
    """Collect what is logged, whatever level another test has set."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with structlog.testing.capture_logs() as logs:
        yield logs
    structlog.configure(**before)
