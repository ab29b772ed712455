from typing import Optional

__version__ = '2.9.1+cu126'
debug = False
cuda: Optional[str] = '12.6'
git_version = '5811'
hip: Optional[str] = None
