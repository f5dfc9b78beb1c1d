"""On the path of everything that is measured: as a user has it, without the optional pyarrow of this environment."""

import sys

sys.modules["pyarrow"] = None  # type: ignore[assignment]
