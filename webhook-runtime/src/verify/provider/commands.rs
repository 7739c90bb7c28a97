//! Commands that send a signed request, to print or to document them.

use super::Provider;
use crate::verify::{
    Secret, providers,
    scheme::{RequestToSign, ShellBody, ShellRequest, SignError, text_word, variable},
};

/// The variable with the private key, where the endpoint's variable has the public one.
const PRIVATE_KEY: &str = "PRIVATE_KEY";

impl Provider {
    /// The command that signs a request with `openssl` and sends it with `curl`, for a POSIX shell;
    /// `None` if a shell cannot sign it by a few plain commands. Then
    /// [`send_command`](Self::send_command) may know another one.
    ///
    /// The secret is read from its environment variable, and is not in the command. Text in the
    /// request is quoted: the shell executes nothing of it.
    ///
    /// ```
    /// use webhook_runtime::{providers::SLACK, scheme::ShellRequest};
    ///
    /// let request = ShellRequest::new("http://127.0.0.1:3000/slack").secret_env("SLACK_SECRET");
    /// let command = SLACK.shell_command(&request).expect("a shell can sign it");
    /// assert!(command.starts_with("body='{}'\ntime=$(date +%s)\n"));
    /// ```
    #[must_use]
    pub fn shell_command(&self, request: &ShellRequest<'_>) -> Option<String> {
        self.scheme()?.shell_command(request)
    }

    /// The command of the program `webhook` (of the package `webhook-cli`) that sends a sample to the
    /// URL of this request; `None` if the program does not know the provider, cannot sign as it, or the
    /// method is not `POST`.
    ///
    /// The program makes the headers, and the body unless the request has one. If the provider signs
    /// with a private key, it is read from the variable `PRIVATE_KEY`.
    ///
    /// ```
    /// use webhook_runtime::{providers::TWILIO, scheme::ShellRequest};
    ///
    /// let request = ShellRequest::new("http://127.0.0.1:3000/sms").secret_env("TWILIO_TOKEN");
    /// assert_eq!(
    ///     TWILIO.send_command(&request).as_deref(),
    ///     Some("webhook send twilio --to http://127.0.0.1:3000/sms --secret-env TWILIO_TOKEN"),
    /// );
    /// ```
    #[must_use]
    pub fn send_command(&self, request: &ShellRequest<'_>) -> Option<String> {
        // The program sends deliveries by POST.
        if !self.is_built_in() || !self.can_be_signed() || request.method != "POST" {
            return None;
        }
        let secret = if self.has_key_pair() { PRIVATE_KEY } else { variable(request.secret_env) };
        let (name, url) = (self.name, text_word(request.url));
        let mut command = format!("webhook send {name} --to {url} --secret-env {secret}");
        if let Some(url) = request.public_url.filter(|_| self.scheme_info().signs_url) {
            command.extend([" --public-url ", &text_word(url)]);
        }
        match request.body {
            ShellBody::Sample => {}
            ShellBody::File(file) => command.extend([" --data ", &text_word(&format!("@{file}"))]),
            // The program would take it for the name of a file.
            ShellBody::Text(text) if text.starts_with('@') || text == "-" => return None,
            ShellBody::Text(text) => command.extend([" --data=", &text_word(text)]),
        }
        if let Some(event) = request.event {
            command.extend([" --event=", &text_word(event)]);
        }
        Some(command)
    }

    /// True if the provider signs with a private key, and its public key verifies.
    pub(crate) fn has_key_pair(&self) -> bool {
        self.scheme_info().key_pair.is_some()
    }

    /// True if the provider is one of the constants in [`providers`]: a provider of the user's own
    /// may have the name of one.
    fn is_built_in(&self) -> bool {
        providers::NAMES.contains(&(self.name, self.docs_url))
    }

    /// True if the provider's signature can be made with a secret of the endpoint.
    fn can_be_signed(&self) -> bool {
        let signed = self.sign(&Secret::from_key(*b"any"), &RequestToSign::new(b"{}"));
        !matches!(signed, Err(SignError::Unsupported))
    }
}
