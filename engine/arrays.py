"""Array types, by element."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int32]
Bits = NDArray[np.uint64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
