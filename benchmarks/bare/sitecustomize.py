"""On the path of everything that is measured: as a user has it, without the optional libraries of this environment."""

import sys

for name in ("pyarrow", "bottleneck"):  # pandas imports them where they are
    sys.modules[name] = None  # type: ignore[assignment]
