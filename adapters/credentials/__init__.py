"""Reading Content Credentials (C2PA) with c2pa-python, an optional extra: `pip install 'retouch[verify]'`."""

from adapters.credentials.reader import credentials_of, read

__all__ = ["credentials_of", "read"]
