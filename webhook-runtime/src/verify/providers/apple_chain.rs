//! Chains of certificates as Apple signs with: a leaf, an intermediate certificate, and Apple's root.

use std::time::SystemTime;

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use sha2::{Digest as _, Sha256, Sha384};
use x509_cert::{
    Certificate,
    der::{Decode as _, DecodePem as _, Encode as _, oid::ObjectIdentifier},
    ext::pkix::BasicConstraints,
    spki::SubjectPublicKeyInfoOwned,
};

/// The extension of leaves that sign for the App Store.
const LEAF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113635.100.6.11.1");
/// The extension of Apple's intermediate certificates.
const INTERMEDIATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113635.100.6.2.1");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// A certificate, and the bytes that it was read from.
pub(super) struct Chained {
    inner: Certificate,
    der: Vec<u8>,
}

impl Chained {
    /// Reads a certificate in DER or PEM.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let inner = if bytes.starts_with(b"-----BEGIN") {
            Certificate::from_pem(bytes).ok()?
        } else {
            Certificate::from_der(bytes).ok()?
        };
        let der = inner.to_der().ok()?;
        Some(Self { inner, der })
    }

    fn is_valid(&self, at: SystemTime) -> bool {
        let validity = self.inner.tbs_certificate().validity();
        let [begins, ends] = [&validity.not_before, &validity.not_after]
            .map(|time| time.to_date_time().unix_duration());
        let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        begins <= at && at <= ends
    }

    fn has(&self, extension: ObjectIdentifier) -> bool {
        let extensions = self.inner.tbs_certificate().extensions();
        extensions.into_iter().flatten().any(|found| found.extn_id == extension)
    }

    fn is_authority(&self) -> bool {
        let constraints = self.inner.tbs_certificate().get_extension::<BasicConstraints>();
        matches!(constraints, Ok(Some((_, constraints))) if constraints.ca)
    }

    /// True if this certificate names `issuer`, and the issuer's key signed it.
    fn is_signed_by(&self, issuer: &Self) -> bool {
        let (signed, issuer) = (self.inner.tbs_certificate(), issuer.inner.tbs_certificate());
        let algorithm = self.inner.signature_algorithm();
        // It is said inside and outside of what is signed.
        let inside = signed.signature();
        if signed.issuer() != issuer.subject() || algorithm != inside {
            return false;
        }
        let (Ok(message), Some(signature)) = (signed.to_der(), self.inner.signature().as_bytes())
        else {
            return false;
        };
        let digest = match algorithm.oid {
            ECDSA_SHA256 => Sha256::digest(&message).to_vec(),
            ECDSA_SHA384 => Sha384::digest(&message).to_vec(),
            _ => return false,
        };
        verifies(issuer.subject_public_key_info(), &digest, signature)
    }
}

/// True if a key of P-256 or P-384 made this signature (DER) of a digest.
fn verifies(key: &SubjectPublicKeyInfoOwned, digest: &[u8], signature: &[u8]) -> bool {
    use p256::pkcs8::DecodePublicKey as _;
    let Ok(key) = key.to_der() else { return false };
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(&key) {
        return p256::ecdsa::Signature::from_der(signature)
            .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok());
    }
    p384::ecdsa::VerifyingKey::from_public_key_der(&key).is_ok_and(|key| {
        p384::ecdsa::Signature::from_der(signature)
            .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
    })
}

/// The key of the leaf, if the three certificates are a chain to the root, are Apple's by their
/// extensions, and were valid at this time.
pub(super) fn leaf_key(
    chain: &[Chained; 3],
    root: &Chained,
    at: SystemTime,
) -> Option<p256::ecdsa::VerifyingKey> {
    use p256::pkcs8::DecodePublicKey as _;
    let [leaf, intermediate, last] = chain;
    let is_trusted = last.der == root.der
        && intermediate.is_signed_by(root)
        && leaf.is_signed_by(intermediate)
        && root.is_authority()
        && intermediate.is_authority()
        && intermediate.has(INTERMEDIATE)
        && leaf.has(LEAF)
        && !leaf.is_authority()
        && [leaf, intermediate, root].into_iter().all(|one| one.is_valid(at));
    if !is_trusted {
        return None;
    }
    let key = leaf.inner.tbs_certificate().subject_public_key_info().to_der().ok()?;
    p256::ecdsa::VerifyingKey::from_public_key_der(&key).ok()
}
