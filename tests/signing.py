"""Pictures with real Content Credentials, signed by somebody nobody knows."""

from __future__ import annotations

import datetime as dt
import functools
import io
import json

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from bot.disclosure import GENERATED


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey
) -> str:
    """One that C2PA takes for signing; of a root, where both keys are the same."""
    is_root, now = key is issuer_key, dt.datetime.now(dt.UTC)
    names = [
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, one), x509.NameAttribute(NameOID.COMMON_NAME, one)])
        for one in (subject, issuer)
    ]
    usage = x509.KeyUsage(not is_root, False, False, False, False, is_root, is_root, False, False)
    builder = (
        x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=9))
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@functools.cache
def _signer() -> tuple[str, str, str]:
    """The root certificate, the chain and the key, as PEM."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Test Root", root_key, "Test Root", root_key)
    chain = _certificate("Test Pictures", key, "Test Root", root_key) + root
    pkcs8 = serialization.PrivateFormat.PKCS8
    return root, chain, key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption()).decode()


def root() -> str:
    """The certificate that vouches for the signer."""
    return _signer()[0]


def signed(kind: str = "PNG", *, generator: str = "Test Image Service", remote: str = "") -> bytes:
    """A small picture ("PNG", "JPEG", "WEBP") with credentials; with `remote` they only say where they are kept."""
    source, out = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (64, 64), (200, 80, 30)).save(source, kind)
    source.seek(0)
    action = {"action": "c2pa.created", "softwareAgent": {"name": "a model"}, "digitalSourceType": GENERATED}
    manifest = {
        "claim_generator_info": [{"name": generator, "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    _, chain, key = _signer()
    with (
        c2pa.Context() as context,
        c2pa.Builder(json.dumps(manifest), context=context) as builder,
        c2pa.Signer.from_info(c2pa.C2paSignerInfo("es256", chain.encode(), key.encode(), None)) as signer,
    ):
        if remote:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        builder.sign(signer, f"image/{kind.lower()}", source, out)
    return out.getvalue()
