//! TLS, with certificates that are renewed while the server runs.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::net::TcpStream;
use tokio_rustls::{
    Accept, TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
};

/// How often the files are looked at: as often as Kubernetes renews mounted secrets.
const LOOK: Duration = Duration::from_secs(60);

/// The certificate by which [`Webhooks::serve`](crate::Webhooks::serve) speaks TLS 1.2 and 1.3, out
/// of files that may be renewed at any time: they are looked at once a minute. Where new files cannot
/// be used, that is logged, and the certificate before stays in use. New files belong in place by
/// being renamed, as ACME clients do it: what is half written may pass for a shorter chain.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    certificate: Arc<Current>,
    config: Arc<ServerConfig>,
    look: Duration,
}

#[derive(Clone, Debug)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
}

/// The certificate in use.
#[derive(Debug)]
struct Current {
    provider: Arc<CryptoProvider>,
    used: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

impl Current {
    fn get(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.used.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tls {
    /// The certificate in `chain`, followed by those that vouch for it, and its private key in `key`;
    /// both in PEM, as ACME clients write them (`fullchain.pem` and `privkey.pem`).
    ///
    /// # Errors
    /// When a file cannot be read, has nothing of its kind in it, or the key is not the
    /// certificate's.
    pub fn from_pem_files(
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Self, TlsError> {
        let files = Files { chain: chain.into(), key: key.into() };
        let provider = Arc::new(ring::default_provider());
        let used = RwLock::new(Arc::new(files.read(&provider)?));
        let certificate = Arc::new(Current { provider: Arc::clone(&provider), used });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|source| TlsError::Unusable { path: files.chain.clone(), source })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        #[cfg(feature = "http2")]
        config.alpn_protocols.push(b"h2".to_vec());
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(Self { files, certificate, config: Arc::new(config), look: LOOK })
    }

    /// How often the files are looked at: once a minute unless told otherwise.
    #[must_use]
    pub fn reload_every(mut self, interval: Duration) -> Self {
        self.look = interval;
        self
    }

    /// Takes the files anew now, and says whether that was another certificate.
    ///
    /// # Errors
    /// As [`from_pem_files`](Self::from_pem_files); the certificate before stays in use.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let found = self.files.read(&self.certificate.provider)?;
        if found.cert == self.certificate.get().cert {
            return Ok(false);
        }
        let mut used = self.certificate.used.write().unwrap_or_else(PoisonError::into_inner);
        *used = Arc::new(found);
        Ok(true)
    }

    /// Looks at the files for ever.
    pub(super) async fn keep_renewing(self) {
        loop {
            tokio::time::sleep(self.look).await;
            let this = self.clone();
            match tokio::task::spawn_blocking(move || this.reload()).await {
                Ok(Ok(true)) => tracing::info!("the TLS certificate was renewed"),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the TLS certificate before stays in use");
                }
                Ok(Ok(false)) | Err(_) => {}
            }
        }
    }

    pub(super) fn accept(&self, stream: TcpStream) -> Accept<TcpStream> {
        TlsAcceptor::from(Arc::clone(&self.config)).accept(stream)
    }
}

impl Files {
    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let text = read(&self.chain)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::NoCertificate { path: self.chain.clone() })?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate { path: self.chain.clone() });
        }
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|_| TlsError::NoKey { path: self.key.clone() })?;
        CertifiedKey::from_der(chain, key, provider).map_err(|source| match source {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::AnotherKey { chain: self.chain.clone(), key: self.key.clone() }
            }
            source => TlsError::Unusable { path: self.key.clone(), source },
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.into(), source })
}

/// Without the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Why a certificate cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no certificate in the file.
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no private key in the file.
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is that of another certificate.
    AnotherKey {
        /// The certificate's file.
        chain: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// What is in the file is of no kind that can be used.
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            Self::NoCertificate { path } => write!(
                f,
                "there is no certificate in {}: it has to begin with -----BEGIN CERTIFICATE-----",
                path.display()
            ),
            Self::NoKey { path } => write!(
                f,
                "there is no private key in {}: it has to begin with -----BEGIN PRIVATE KEY-----, \
                 without a passphrase",
                path.display()
            ),
            Self::AnotherKey { chain, key } => write!(
                f,
                "the key in {} is not that of the first certificate in {}",
                key.display(),
                chain.display()
            ),
            Self::Unusable { path, source } => {
                write!(f, "{} cannot be used: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            Self::Unusable { source, .. } => Some(source),
            _ => None,
        }
    }
}
