"""The CAs that this PC's system trusts, without asking the environment or a bundle of some package."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi


def system_trust() -> Path:
    """OpenSSL's own file or folder of CAs, which the site's administrators keep; certifi's where there is none."""
    built_in = ssl.get_default_verify_paths()
    file, folder = Path(built_in.openssl_cafile), Path(built_in.openssl_capath)
    if file.is_file():
        return file
    if folder.is_dir() and any(folder.glob("*.0")):
        return folder
    return Path(certifi.where())
