__version__ = '0.29.2+cu132'
git_version = 'x'
