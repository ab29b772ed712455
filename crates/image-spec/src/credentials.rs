//! Credentials for registries: from Docker's `config.json` and the helpers that it names.
//!
//! A secret lives in a [`Credential`], which never shows it: not in `Debug`, not in an error.

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The key under which Docker keeps the credentials of Docker Hub.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// What proves to a registry who asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password, or a token that takes its place.
        password: String,
    },
    /// A token that is exchanged for others.
    IdentityToken(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password(…)",
            Self::IdentityToken(_) => "IdentityToken(…)",
        })
    }
}

/// Why the credentials of a registry could not be read. What a helper wrote is not repeated, for it may
/// hold the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// The file is there and cannot be read.
    #[error("cannot read `{}`; is it JSON, and may this user read it?", path.display())]
    Config {
        /// The file.
        path: PathBuf,
    },
    /// A helper could not be started, failed, or answered nonsense.
    #[error(
        "the credential helper that `{}` names for `{registry}` gave no credentials; \
         try `docker login {registry}`", path.display()
    )]
    Helper {
        /// The file that names the helper.
        path: PathBuf,
        /// The registry that was asked for.
        registry: String,
    },
    /// The entry cannot be decoded.
    #[error("the entry of `{registry}` in `{}` is damaged; log in again with `docker login {registry}`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The registry that was asked for.
        registry: String,
    },
}

/// The credentials that Docker's config at `path` has for a registry; `None` stands for Docker Hub.
/// `Ok(None)`: there is no config, or it has none for that registry.
///
/// # Errors
/// Where the config, an entry or a helper is broken.
pub(crate) fn credential(
    config: &Path,
    registry: Option<&str>,
) -> Result<Option<Credential>, CredentialsError> {
    let Ok(bytes) = std::fs::read(config) else {
        let there = config.exists();
        return if there {
            Err(CredentialsError::Config { path: config.to_owned() })
        } else {
            Ok(None)
        };
    };
    let key = registry.unwrap_or(DOCKER_HUB_KEY);
    let path = || config.to_owned();
    let name = || registry.unwrap_or("docker.io").to_owned();
    match get_credential_from_reader(bytes.as_slice(), key) {
        // Docker writes an empty entry where it keeps the secret elsewhere.
        Ok(DockerCredential::UsernamePassword(user, password))
            if user.is_empty() && password.is_empty() =>
        {
            Ok(None)
        }
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            Ok(Some(Credential::Password { user, password }))
        }
        Ok(DockerCredential::IdentityToken(token)) => Ok(Some(Credential::IdentityToken(token))),
        Err(
            CredentialRetrievalError::NoCredentialConfigured
            | CredentialRetrievalError::ConfigNotFound,
        ) => Ok(None),
        Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if knows_none(&stdout) => {
            Ok(None)
        }
        Err(CredentialRetrievalError::ConfigReadError) => {
            Err(CredentialsError::Config { path: path() })
        }
        Err(
            CredentialRetrievalError::HelperFailure { .. }
            | CredentialRetrievalError::HelperCommunicationError
            | CredentialRetrievalError::MalformedHelperResponse,
        ) => Err(CredentialsError::Helper { path: path(), registry: name() }),
        Err(
            CredentialRetrievalError::CredentialDecodingError
            | CredentialRetrievalError::CredentialMismatchError,
        ) => Err(CredentialsError::Damaged { path: path(), registry: name() }),
    }
}

/// The helpers' protocol says "none" with this sentence and a failure.
fn knows_none(stdout: &str) -> bool {
    stdout.contains("credentials not found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dockers_config() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let check = |text: &str, registry: Option<&str>, expected: Result<Option<&str>, &str>| {
            std::fs::write(&path, text).unwrap();
            let got = credential(&path, registry);
            let shown = match &got {
                Ok(Some(Credential::Password { user, password })) => {
                    Ok(Some(format!("{user}:{password}")))
                }
                Ok(Some(Credential::IdentityToken(token))) => Ok(Some(token.clone())),
                Ok(None) => Ok(None),
                Err(error) => Err(error.to_string()),
            };
            match (shown, expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got.as_deref(), expected, "{text}"),
                (Err(got), Err(expected)) => assert!(got.contains(expected), "{got}"),
                (got, expected) => panic!("{text}: {got:?} {expected:?}"),
            }
        };
        let one = r#"{"auths": {"r.example.com": {"auth": "dTpwPj4+Pz8/fn5+"}}}"#;
        check(one, Some("r.example.com"), Ok(Some("u:p>>>???~~~")));
        check(one, Some("other.example.com"), Ok(None));
        check(
            r#"{"auths": {"https://index.docker.io/v1/": {"auth": "dTpw"}}}"#,
            None,
            Ok(Some("u:p")),
        );
        check(r#"{"auths": {"r.io": {"identitytoken": "t"}}}"#, Some("r.io"), Ok(Some("t")));
        check(r#"{"auths": {"r.io": {}}}"#, Some("r.io"), Ok(None));
        check("{}", Some("r.io"), Ok(None));
        check("not JSON", Some("r.io"), Err("cannot read"));
        check(r#"{"auths": {"r.io": {"auth": "%%%"}}}"#, Some("r.io"), Err("docker login r.io"));
        check(r#"{"credsStore": "of-nobody"}"#, Some("r.io"), Err("credential helper"));
        assert_eq!(credential(Path::new("/nonexistent"), None), Ok(None));
    }

    #[test]
    fn never_shows_a_secret() {
        let secret =
            Credential::Password { user: "user".to_owned(), password: "secret".to_owned() };
        assert_eq!(format!("{secret:?}"), "Password(…)");
        assert_eq!(
            format!("{:?}", Credential::IdentityToken("secret".to_owned())),
            "IdentityToken(…)"
        );
    }
}
