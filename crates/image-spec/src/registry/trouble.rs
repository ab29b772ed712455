//! What can go wrong with a registry, in sentences that say what to do.

use super::{retry::after_header, transport::Answer};
use crate::credentials::CredentialsError;
use std::{fmt, time::Duration};

/// Something went wrong with a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    /// The registry, as it is written in references.
    pub registry: String,
    /// What went wrong.
    pub trouble: Trouble,
}

/// What went wrong with a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Docker's config could not be read.
    Credentials(CredentialsError),
    /// It wants credentials, and there are none.
    NoCredentials,
    /// It does not accept the credentials.
    WrongCredentials,
    /// 403: it knows who asks, and says no.
    Forbidden,
    /// 404 where something must be.
    NotFound,
    /// 429, and how long it wants to be left alone.
    TooManyRequests(Option<Duration>),
    /// 5xx.
    Server(u16),
    /// 507, or its disk is full.
    Full,
    /// The connection was cut.
    Cut,
    /// It did not answer in time.
    Late,
    /// Its certificate is not trusted.
    Certificate(String),
    /// It speaks HTTP where HTTPS is asked.
    PlainHttp,
    /// No connection came about.
    Unreachable(String),
    /// What answers is no registry.
    NotARegistry,
    /// It sent something else than was asked for.
    Damaged {
        /// What was asked for.
        expected: String,
        /// What came.
        got: String,
    },
    /// It wants the credentials sent where they could be read on the way.
    UnsafeRealm(String),
    /// An answer that has no meaning here.
    Status(u16),
    /// The user stopped it.
    Stopped,
    /// The words of the engine, for what has no other name.
    Other(String),
}

impl RegistryError {
    pub(crate) fn new(registry: &str, trouble: Trouble) -> Self {
        Self { registry: registry.to_owned(), trouble }
    }
}

impl std::error::Error for RegistryError {}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.registry;
        match &self.trouble {
            Trouble::Credentials(error) => write!(f, "{error}"),
            Trouble::NoCredentials => write!(
                f,
                "`{name}` asks for credentials (401) and Docker's config has none for it; run `docker login {name}`"
            ),
            Trouble::WrongCredentials => write!(
                f,
                "`{name}` does not accept the credentials in Docker's config (401); they are wrong or out of date: run `docker login {name}`"
            ),
            Trouble::Forbidden => write!(
                f,
                "`{name}` forbids it (403): this account may not do that in this repository, or the tag is protected; ask who runs the registry for the right to push"
            ),
            Trouble::NotFound => write!(
                f,
                "`{name}` knows no such repository or image (404); check the name, and whether the project in the registry must be created first"
            ),
            Trouble::TooManyRequests(Some(wait)) => write!(
                f,
                "`{name}` is asked too often (429) and wants to be left alone for {} s; try again then",
                wait.as_secs()
            ),
            Trouble::TooManyRequests(None) => write!(
                f,
                "`{name}` is asked too often (429); try again later, or log in where that raises the limit"
            ),
            Trouble::Server(status) => write!(
                f,
                "`{name}` failed ({status}), several times in a row; the fault is there, such as a full disk: see its log, or try again later"
            ),
            Trouble::Full => write!(
                f,
                "`{name}` has no space left (507); delete images there and let it collect its garbage, then push again"
            ),
            Trouble::Cut => write!(
                f,
                "`{name}` cut the connection, several times in a row; look for a proxy or a limit of size between here and there, then push again: what is there already is not sent twice"
            ),
            Trouble::Late => {
                write!(
                    f,
                    "`{name}` did not answer in time; try again, or look for a proxy between here and there"
                )
            }
            Trouble::Certificate(why) => write!(
                f,
                "the certificate of `{name}` is not trusted ({why}); put the CA's certificate into `/etc/docker/certs.d/{name}/ca.crt` on this machine and on the engine's"
            ),
            Trouble::PlainHttp => write!(
                f,
                "`{name}` speaks plain HTTP; give it a certificate, or, in a trusted network, name it in `insecure-registries` of `/etc/docker/daemon.json`"
            ),
            Trouble::Unreachable(why) => write!(
                f,
                "`{name}` cannot be reached ({why}); check the name, the network and the proxy"
            ),
            Trouble::NotARegistry => write!(
                f,
                "what answers at `{name}` is no registry; check the host in `[registry] repository`"
            ),
            Trouble::Damaged { expected, got } => write!(
                f,
                "`{name}` sent `{got}` where `{expected}` was asked for; something on the way or its storage is broken: do not use this image"
            ),
            Trouble::UnsafeRealm(realm) => write!(
                f,
                "`{name}` wants the credentials sent to `{realm}`, which is not HTTPS; they were not sent"
            ),
            Trouble::Status(status) => {
                write!(f, "`{name}` answered {status}, which says nothing here")
            }
            Trouble::Stopped => write!(f, "it was stopped while `{name}` was asked"),
            Trouble::Other(words) => write!(f, "`{name}`: {words}"),
        }
    }
}

impl Trouble {
    /// What an answer means that is neither a success nor 404.
    pub(super) fn of_answer(answer: &Answer) -> Self {
        match answer.status() {
            401 => Self::WrongCredentials,
            403 => Self::Forbidden,
            429 => {
                Self::TooManyRequests(answer.header("retry-after").and_then(|at| after_header(&at)))
            }
            507 => Self::Full,
            status @ 500..=599 => Self::Server(status),
            status => Self::Status(status),
        }
    }

    /// What the words mean with which the engine says that a push failed.
    pub(crate) fn of_engine(words: &str) -> Self {
        let has = |any: &[&str]| any.iter().any(|part| words.contains(part));
        if has(&["no space left on device", "507 Insufficient Storage", "disk quota exceeded"]) {
            return Self::Full;
        }
        if has(&["no basic auth credentials"]) {
            return Self::NoCredentials;
        }
        if has(&["unauthorized", "401 Unauthorized", "incorrect username or password"]) {
            return Self::WrongCredentials;
        }
        if has(&["toomanyrequests", "429 Too Many Requests", "Too Many Requests"]) {
            return Self::TooManyRequests(None);
        }
        if has(&["denied", "403 Forbidden"]) {
            return Self::Forbidden;
        }
        if has(&["name unknown", "404 Not Found", "does not exist"]) {
            return Self::NotFound;
        }
        if has(&["x509:", "certificate"]) {
            return Self::Certificate("so says the engine".to_owned());
        }
        if has(&["server gave HTTP response to HTTPS client"]) {
            return Self::PlainHttp;
        }
        match status_in(words) {
            Some(401) => return Self::WrongCredentials,
            Some(403) => return Self::Forbidden,
            Some(404) => return Self::NotFound,
            Some(429) => return Self::TooManyRequests(None),
            Some(507) => return Self::Full,
            Some(status @ 500..=599) => return Self::Server(status),
            _ => {}
        }
        if has(&[
            "use of closed network connection",
            "EOF",
            "connection reset",
            "broken pipe",
            "connection was aborted",
        ]) {
            return Self::Cut;
        }
        if has(&["i/o timeout", "Client.Timeout", "deadline exceeded", "TLS handshake timeout"]) {
            return Self::Late;
        }
        if has(&[
            "connection refused",
            "no such host",
            "network is unreachable",
            "no route to host",
        ]) {
            return Self::Unreachable("so says the engine".to_owned());
        }
        Self::Other(words.trim().to_owned())
    }
}

/// The status in `received unexpected HTTP status: 503 Service Unavailable` or `error parsing HTTP 403
/// response body`.
fn status_in(words: &str) -> Option<u16> {
    let (_, rest) =
        words.split_once("HTTP status: ").or_else(|| words.split_once("error parsing HTTP "))?;
    rest.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_the_engine() {
        let check = |words: &str, expected: Trouble| {
            assert_eq!(Trouble::of_engine(words), expected, "{words}")
        };
        check("no basic auth credentials", Trouble::NoCredentials);
        check("unauthorized: authentication required", Trouble::WrongCredentials);
        check("denied: requested access to the resource is denied", Trouble::Forbidden);
        check(
            "toomanyrequests: You have reached your pull rate limit",
            Trouble::TooManyRequests(None),
        );
        check("received unexpected HTTP status: 500 Internal Server Error", Trouble::Server(500));
        check("received unexpected HTTP status: 507 Insufficient Storage", Trouble::Full);
        check("received unexpected HTTP status: 507 No", Trouble::Full);
        check("error parsing HTTP 403 response body: invalid character '<'", Trouble::Forbidden);
        check("write tcp 1:2->3:4: use of closed network connection", Trouble::Cut);
        check("write /var/lib/registry: no space left on device", Trouble::Full);
        check("Put \"http://127.0.0.1:5/v2/a/blobs\": EOF", Trouble::Cut);
        check("read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer", Trouble::Cut);
        check(
            "Get \"https://r.io/v2/\": x509: certificate signed by unknown authority",
            Trouble::Certificate("so says the engine".to_owned()),
        );
        check(
            "dial tcp: lookup r.io: no such host",
            Trouble::Unreachable("so says the engine".to_owned()),
        );
        check("http: server gave HTTP response to HTTPS client", Trouble::PlainHttp);
        check("something new", Trouble::Other("something new".to_owned()));
    }
}
