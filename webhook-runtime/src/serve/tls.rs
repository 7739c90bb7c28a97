//! TLS, with certificates that are reloaded while the server runs.

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

use crate::support::{
    console,
    metrics::{Series, table::TLS_RELOADS},
};

/// The interval at which the files are checked, which is that at which Kubernetes renews mounted secrets.
const RELOAD_INTERVAL: Duration = Duration::from_secs(60);

/// The certificate of a server that speaks TLS 1.2 and 1.3.
///
/// It comes from files that are checked for changes once a minute. If new files are unusable, that is
/// logged, and the previous certificate stays in use. Put new files in place by renaming them, as ACME
/// clients do: a half-written file can look like a shorter chain.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    certificate: Arc<CurrentCertificate>,
    config: Arc<ServerConfig>,
    reload_interval: Duration,
}

#[derive(Clone, Debug)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
}

/// The certificate in use.
#[derive(Debug)]
struct CurrentCertificate {
    provider: Arc<CryptoProvider>,
    key: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

impl CurrentCertificate {
    fn get(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tls {
    /// Reads a certificate with its intermediate certificates from `chain`, and its private key from
    /// `key`. Both are PEM files, as ACME clients write them (`fullchain.pem` and `privkey.pem`).
    ///
    /// # Errors
    /// If a file cannot be read, or has no certificate or key, or the key belongs to another
    /// certificate.
    pub fn from_pem_files(
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Self, TlsError> {
        let files = Files { chain: chain.into(), key: key.into() };
        let provider = Arc::new(ring::default_provider());
        let key = RwLock::new(Arc::new(files.read(&provider)?));
        let certificate = Arc::new(CurrentCertificate { provider: Arc::clone(&provider), key });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|source| TlsError::Unusable { path: files.chain.clone(), source })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        #[cfg(feature = "http2")]
        config.alpn_protocols.push(b"h2".to_vec());
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(Self { files, certificate, config: Arc::new(config), reload_interval: RELOAD_INTERVAL })
    }

    /// Checks the files at this interval. The default is one minute.
    #[must_use]
    pub fn reload_interval(mut self, interval: Duration) -> Self {
        self.reload_interval = interval;
        self
    }

    /// Reads the files now. Returns whether the certificate is a new one.
    ///
    /// # Errors
    /// As [`from_pem_files`](Self::from_pem_files). The previous certificate stays in use.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let reloaded = self.try_reload();
        match reloaded {
            Ok(true) => count_reload("renewed"),
            Ok(false) => {}
            Err(_) => count_reload("failed"),
        }
        reloaded
    }

    fn try_reload(&self) -> Result<bool, TlsError> {
        let found = self.files.read(&self.certificate.provider)?;
        if found.cert == self.certificate.get().cert {
            return Ok(false);
        }
        let mut key = self.certificate.key.write().unwrap_or_else(PoisonError::into_inner);
        *key = Arc::new(found);
        Ok(true)
    }

    /// Checks the files at each interval, for ever.
    pub(super) async fn keep_reloading(self) {
        loop {
            tokio::time::sleep(self.reload_interval).await;
            let this = self.clone();
            match tokio::task::spawn_blocking(move || this.reload()).await {
                Ok(Ok(true)) => tracing::info!("the TLS certificate was renewed"),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the TLS certificate before stays in use");
                    console::notice(format_args!(
                        "the TLS certificate before stays in use: {error}"
                    ));
                }
                Ok(Ok(false)) | Err(_) => {}
            }
        }
    }

    pub(super) fn accept(&self, stream: TcpStream) -> Accept<TcpStream> {
        TlsAcceptor::from(Arc::clone(&self.config)).accept(stream)
    }
}

fn count_reload(outcome: &'static str) {
    Series::new(&TLS_RELOADS, &[("outcome", outcome)]).add(1);
}

impl Files {
    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let text = read(&self.chain)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::MissingCertificate { path: self.chain.clone() })?;
        if chain.is_empty() {
            return Err(TlsError::MissingCertificate { path: self.chain.clone() });
        }
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|_| TlsError::MissingKey { path: self.key.clone() })?;
        CertifiedKey::from_der(chain, key, provider).map_err(|source| match source {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::KeyMismatch { chain: self.chain.clone(), key: self.key.clone() }
            }
            source => TlsError::Unusable { path: self.key.clone(), source },
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.into(), source })
}

/// The text leaves out the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Why a certificate is unusable.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file has no certificate.
    MissingCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file has no private key.
    MissingKey {
        /// The file.
        path: PathBuf,
    },
    /// The key belongs to another certificate.
    KeyMismatch {
        /// The certificate's file.
        chain: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate or key in the file is unusable.
    Unusable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: rustls::Error,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            Self::MissingCertificate { path } => write!(
                f,
                "there is no certificate in {}: it has to begin with -----BEGIN CERTIFICATE-----",
                path.display()
            ),
            Self::MissingKey { path } => write!(
                f,
                "there is no private key in {}: it has to begin with -----BEGIN PRIVATE KEY-----, \
                 without a passphrase",
                path.display()
            ),
            Self::KeyMismatch { chain, key } => write!(
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
