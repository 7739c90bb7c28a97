//! Certificates (PEM) that providers publish.

use std::time::{Duration, SystemTime};

use x509_cert::der::{DecodePem as _, Encode as _};

use super::{KeyType, published::PublicKey};

/// The time after `now` in which the validity of a certificate may begin. A delivery can be judged again
/// as of the time of its receipt, with a certificate that was renewed since.
const MAX_AHEAD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A certificate that is valid.
pub(crate) struct Certificate {
    inner: x509_cert::Certificate,
}

impl Certificate {
    /// Parses a certificate; `None` if it is malformed, expired at `now`, or begins so long
    /// after it that no renewal explains it.
    pub(crate) fn parse(pem: &[u8], now: SystemTime) -> Option<Self> {
        let inner = x509_cert::Certificate::from_pem(pem).ok()?;
        let validity = inner.tbs_certificate().validity();
        let [begins, ends] = [&validity.not_before, &validity.not_after]
            .map(|time| time.to_date_time().unix_duration());
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let is_valid =
            begins <= ends && begins.saturating_sub(MAX_AHEAD) <= since_1970 && since_1970 <= ends;
        is_valid.then_some(Self { inner })
    }

    /// True if the subject's common name is `domain` or a subdomain of it.
    pub(crate) fn is_issued_to(&self, domain: &str) -> bool {
        let Ok(Some(name)) = self.inner.tbs_certificate().subject().common_name() else {
            return false;
        };
        let name = name.value();
        name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    }

    /// The key, if it is one of RSA.
    pub(crate) fn rsa_key(&self) -> Option<PublicKey> {
        let info = self.inner.tbs_certificate().subject_public_key_info().to_der().ok()?;
        PublicKey::from_spki(&info, KeyType::Rsa)
    }
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding as _};

    use super::*;
    use crate::verify::scheme::published::{
        SignatureAlgorithm,
        fixtures::{OPENSSL_RSA_SHA1, OPENSSL_RSA_SHA256},
    };

    /// A certificate of the RSA key that OpenSSL made for `sns.example.com`.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIDOTCCAiGgAwIBAgIUQGkbkfjwJrSt/8cRsZVn68VFGBkwDQYJKoZIhvcNAQEL\n\
        BQAwLDEQMA4GA1UECgwHRXhhbXBsZTEYMBYGA1UEAwwPc25zLmV4YW1wbGUuY29t\n\
        MB4XDTI2MTEyNDEwMTQ0N1oXDTM2MTEyMTEwMTQ0N1owLDEQMA4GA1UECgwHRXhh\n\
        bXBsZTEYMBYGA1UEAwwPc25zLmV4YW1wbGUuY29tMIIBIjANBgkqhkiG9w0BAQEF\n\
        AAOCAQ8AMIIBCgKCAQEAokEm5ZZgeqb30ANoKVRbKVBuTW20O8c0w3J1i2+4R7pN\n\
        8dfH/08mKYAtUyD8EjAj9sHcta4i4NJOuytii0k34xSLaIIgXyYI6S0nyUQRQ8qQ\n\
        ZtI18OZlijzwiRxuALlIuizNVM+ZFdCgytnSHOppsKnyYCC8eIVE6fej4zwNeLQM\n\
        qQfjxTcteWPVxVOdEizh0tc2RX66Vh/bRIZ2KevQYfFpR5Cu5VJculHYTjlajMyU\n\
        BiYeI9Pa+2hbzbPxR4cYtbZjR1DY2GyjwHwlFZjgBB286z6ObiCcZalJ8+Ha4oF+\n\
        hwDavhzLDJgSKtJ8HDQ6mGFdUceaVyVE7YUa9bOxmQIDAQABo1MwUTAdBgNVHQ4E\n\
        FgQUHt7h2lXfjAo5lm68G9scVurJzGgwHwYDVR0jBBgwFoAUHt7h2lXfjAo5lm68\n\
        G9scVurJzGgwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAlDWM\n\
        aLYvZfWKLd/LtuM9QgkI8XdP++cEKcCyXWSH6GH4mjicGS+F6ZNoQeCq+NZwGTsQ\n\
        kmhjo5JqetDMwhXSXjEGPGBeFY87GaAvezNZCJixbOsNPAwc6YqZ+Fv8bBaBrSZ3\n\
        72/XUMqPTBxMb5PDkSMy4C/60Ahp3tBJ4HtUp90ob6OBRhWkKzkKk6bTMC0JIaLX\n\
        5olq3dnUj1mutWe6DFJ7IWpBulcdoXCBImYW8fomSmHvVveTpgnJwmEIGEb6I+T3\n\
        f+ud7jwVY2aLN7uRIUGcmdaGMBmReMTlxlOhGyySI8zL7p+6zGiJq26DU99/XpYl\n\
        5E/NFcYuZOymvIgtNg==\n\
        -----END CERTIFICATE-----\n";
    /// 2026-11-24T10:14:47Z and 2036-11-21T10:14:47Z.
    const BEGINS: u64 = 1_795_515_287;
    const EXPIRES: u64 = 2_110_875_287;

    #[test]
    fn a_certificate_is_valid_until_it_expires() {
        const RENEWED: u64 = 366 * 24 * 60 * 60;
        let read = |seconds| {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            Certificate::parse(CERTIFICATE.as_bytes(), now)
        };
        let certificate = read(EXPIRES).expect("this is its last second");
        assert!(read(EXPIRES + 1).is_none());
        assert!(read(BEGINS).is_some() && read(BEGINS - RENEWED).is_some());
        assert!(read(BEGINS - RENEWED - 1).is_none() && read(0).is_none());
        assert!(Certificate::parse(b"no PEM", SystemTime::UNIX_EPOCH).is_none());
        let key = certificate.rsa_key().expect("an RSA key");
        for (algorithm, signature) in [
            (SignatureAlgorithm::RsaSha256, OPENSSL_RSA_SHA256),
            (SignatureAlgorithm::RsaSha1, OPENSSL_RSA_SHA1),
        ] {
            let signature = Base64::decode_vec(signature).expect("base64");
            assert!(key.verifies(algorithm, b"text", &signature), "{algorithm:?}");
            assert!(!key.verifies(algorithm, b"texts", &signature), "{algorithm:?}");
        }
    }

    #[test]
    fn a_certificate_covers_its_parent_domains() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(BEGINS);
        let certificate = Certificate::parse(CERTIFICATE.as_bytes(), now);
        let certificate = certificate.expect("a certificate");
        for domain in ["sns.example.com", "example.com", "com"] {
            assert!(certificate.is_issued_to(domain), "{domain}");
        }
        for domain in ["", "ns.example.com", "ample.com", "other.example.com", "a.sns.example.com"]
        {
            assert!(!certificate.is_issued_to(domain), "{domain:?}");
        }
    }
}
