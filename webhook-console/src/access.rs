//! Access to the console: who may look, and who may change something.

use std::{env, error::Error, fmt, sync::Arc};

use base64ct::{Base64, Encoding as _};
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The longest name that is shown and logged, in characters.
const MAX_NAME: usize = 100;

/// The permission of a viewer. Their name is shown to them, and logged with each change. Names are cut after
/// 100 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// May look at everything and change it.
    Full(String),
    /// May look at everything, also at bodies, and change nothing.
    ReadOnly(String),
    /// May do neither.
    Forbidden,
}

impl Permission {
    /// Full access under this name.
    pub fn full(name: impl Into<String>) -> Self {
        Self::Full(name.into())
    }

    /// Read-only access under this name.
    pub fn read_only(name: impl Into<String>) -> Self {
        Self::ReadOnly(name.into())
    }
}

/// The rule that decides who may see the console. It has no default, so that no console is open by
/// accident.
#[derive(Clone)]
pub struct Access(Rule);

#[derive(Clone)]
enum Rule {
    Basic { name: String, user: [u8; 32], password: [u8; 32] },
    Decide(Arc<dyn Fn(&Parts) -> Permission + Send + Sync>),
}

impl Access {
    /// Full access by HTTP Basic authentication, with the user and the password of two environment
    /// variables, which are read now. Serve the console over TLS, or on a loopback address only: browsers
    /// send the password in the clear.
    ///
    /// ```no_run
    /// # use webhook_console::{Access, AccessError};
    /// # fn access() -> Result<Access, AccessError> {
    /// Access::basic_env("CONSOLE_USER", "CONSOLE_PASSWORD")
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a variable is missing, blank or no text, or if the user has a colon. The error names all mistakes.
    pub fn basic_env(user: &str, password: &str) -> Result<Self, AccessError> {
        let mut problems = Vec::new();
        let mut read = |variable: &str| {
            let value = match env::var(variable) {
                Ok(value) if !value.trim().is_empty() => return value,
                Ok(_) => "is blank",
                Err(env::VarError::NotPresent) => "is not set",
                Err(env::VarError::NotUnicode(_)) => "is not text",
            };
            problems.push(format!("`{variable}` {value}"));
            String::new()
        };
        let (name, secret) = (read(user), read(password));
        if name.contains(':') {
            problems
                .push(format!("`{user}` has a colon, which HTTP Basic authentication cannot send"));
        }
        if !problems.is_empty() {
            return Err(AccessError { problems });
        }
        let (user, password) = (digest(name.as_bytes()), digest(secret.as_bytes()));
        Ok(Self(Rule::Basic { name, user, password }))
    }

    /// Access by a function of the request, such as one that reads a session or the headers of an
    /// authenticating proxy. It sees the extensions that your layers have set. It runs for each request, and
    /// again while an open page refreshes. It must not block: other requests wait for it.
    ///
    /// ```
    /// # use webhook_console::{Access, Permission};
    /// #[derive(Clone)]
    /// struct User {
    ///     name: String,
    ///     is_admin: bool,
    /// }
    ///
    /// let access = Access::decide(|request| match request.extensions.get::<User>() {
    ///     Some(user) if user.is_admin => Permission::full(&user.name),
    ///     Some(user) => Permission::read_only(&user.name),
    ///     None => Permission::Forbidden,
    /// });
    /// # let _ = access;
    /// ```
    #[must_use]
    pub fn decide(decide: impl Fn(&Parts) -> Permission + Send + Sync + 'static) -> Self {
        Self(Rule::Decide(Arc::new(decide)))
    }

    /// The viewer who sends a request; `None` if they may not see anything.
    pub(crate) fn viewer(&self, request: &Parts) -> Option<Viewer> {
        let permission = match &self.0 {
            Rule::Basic { name, user, password } => match credentials(&request.headers) {
                Some((theirs, secret)) => {
                    let same = digest(&theirs).ct_eq(user) & digest(&secret).ct_eq(password);
                    if bool::from(same) { Permission::full(name) } else { Permission::Forbidden }
                }
                None => Permission::Forbidden,
            },
            Rule::Decide(decide) => decide(request),
        };
        let (name, full) = match permission {
            Permission::Full(name) => (name, true),
            Permission::ReadOnly(name) => (name, false),
            Permission::Forbidden => return None,
        };
        Some(Viewer { name: name.chars().take(MAX_NAME).collect(), full })
    }

    /// True if browsers have to ask for user and password.
    pub(crate) const fn is_basic(&self) -> bool {
        matches!(self.0, Rule::Basic { .. })
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

/// Somebody who may see the console.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) name: String,
    /// False if they may only look.
    pub(crate) full: bool,
}

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// User and password of HTTP Basic authentication.
fn credentials(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (one, None) = (sent.next()?, sent.next()) else { return None };
    let (scheme, encoded) = one.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Base64::decode_vec(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some((decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}

/// The error of [`Access::basic_env`]: the environment variables have no user and password. Its text names
/// the variables, and never their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessError {
    problems: Vec<String>,
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the console has no user and password: {}", self.problems.join(", and "))
    }
}

impl Error for AccessError {}
