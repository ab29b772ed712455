//! Questions to registries over HTTP: with a time limit, a size limit, and a sentence for each way
//! in which they fail. No sentence holds an address, which may hold a password.

use std::{sync::Arc, time::Duration};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The largest answer that is read: the list of files of a large project is 2 MB.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("the address is not one of the web")]
    Address,
    #[error("its host has no address; is there a network?")]
    NoHost,
    #[error("it cannot be connected to; is there a network?")]
    NoConnection,
    #[error("it did not answer in time")]
    Timeout,
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer is larger than {} MiB", LARGEST / (1024 * 1024))]
    TooLarge,
    #[error("its answer was cut off")]
    Cut,
    #[error("the connection failed")]
    Other(#[source] Box<ureq::Error>),
}

/// An answer, of whatever status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The header `Content-Type`, in lower case.
    pub(super) kind: String,
    /// The header `WWW-Authenticate`.
    pub(super) challenge: Option<String>,
    /// The header `Link`.
    pub(super) link: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Asks.
#[derive(Debug, Clone)]
pub(super) struct Http {
    agent: ureq::Agent,
    pause: Duration,
}

impl Http {
    /// Trusts the certificates of this machine.
    pub(super) fn new(limit: Duration) -> Self {
        let found = rustls_native_certs::load_native_certs().certs;
        let trusted: Vec<Certificate<'static>> =
            found.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(trusted)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(limit))
            .http_status_as_error(false)
            .user_agent(concat!("cargo-altlas/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build()
            .new_agent();
        Self { agent, pause: Duration::from_millis(500) }
    }

    /// Asks, and once more where the answer is one that another try may better.
    pub(super) fn get(
        &self,
        address: &str,
        accept: &str,
        token: Option<&str>,
    ) -> Result<Answer, HttpError> {
        let first = self.get_once(address, accept, token);
        let is_passing = match &first {
            Ok(answer) => answer.status == 429 || answer.status >= 500,
            Err(error) => matches!(error, HttpError::Cut | HttpError::Other(_)),
        };
        if !is_passing {
            return first;
        }
        std::thread::sleep(self.pause);
        self.get_once(address, accept, token)
    }

    fn get_once(
        &self,
        address: &str,
        accept: &str,
        token: Option<&str>,
    ) -> Result<Answer, HttpError> {
        let mut request = self.agent.get(address).header("Accept", accept);
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = request.call().map_err(why)?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (kind, challenge, link) =
            (header("content-type"), header("www-authenticate"), header("link"));
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(why)?;
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        Ok(Answer { status, kind, challenge, link, body })
    }
}

impl Answer {
    /// The answer, where it is a good one.
    pub(super) fn good(self) -> Result<Self, HttpError> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(HttpError::Status(self.status))
        }
    }
}

fn why(error: ureq::Error) -> HttpError {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => HttpError::Address,
        ureq::Error::HostNotFound => HttpError::NoHost,
        ureq::Error::ConnectionFailed => HttpError::NoConnection,
        ureq::Error::Timeout(_) => HttpError::Timeout,
        ureq::Error::BodyExceedsLimit(_) => HttpError::TooLarge,
        ureq::Error::StatusCode(status) => HttpError::Status(status),
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => HttpError::NoConnection,
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => HttpError::Timeout,
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::BrokenPipe => HttpError::Cut,
            _ if error.to_string().contains("resolve") || error.to_string().contains("lookup") => {
                HttpError::NoHost
            }
            _ => HttpError::Other(Box::new(ureq::Error::Io(error))),
        },
        other => HttpError::Other(Box::new(other)),
    }
}

#[cfg(test)]
pub(super) mod stand_in {
    //! A server on this machine that answers what a test tells it.

    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    /// Starts it; gives its address. It answers by the path, for as long as the test runs.
    pub(in super::super) fn serve(
        answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static,
    ) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let own = address.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = Vec::new();
                let mut part = [0; 1024];
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut part) {
                        Ok(read) if read > 0 => request.extend_from_slice(&part[..read]),
                        _ => break,
                    }
                }
                let text = String::from_utf8_lossy(&request);
                let path = text.split_whitespace().nth(1).unwrap_or_default();
                let _ = stream.write_all(&answer(path, &text.replace("$SELF", &own)));
            }
        });
        address
    }

    /// A whole answer.
    pub(in super::super) fn whole(status: &str, kind: &str, body: &str) -> Vec<u8> {
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        stand_in::{serve, whole},
        *,
    };
    use std::sync::atomic::{AtomicU32, Ordering};

    fn ask(
        answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Answer, String> {
        let mut http = Http::new(Duration::from_millis(700));
        http.pause = Duration::from_millis(1);
        let answer = http.get(&format!("{}/x", serve(answer)), "text/html", None);
        answer.and_then(Answer::good).map_err(|error| error.to_string())
    }

    #[test]
    fn each_failure_has_its_sentence() {
        let good = ask(|_, _| whole("200 OK", "Text/HTML", "hi")).unwrap();
        assert_eq!((good.kind.as_str(), good.body.as_slice()), ("text/html", b"hi".as_slice()));
        let check = |answer: Vec<u8>, expected: &str| {
            assert_eq!(ask(move |_, _| answer.clone()).unwrap_err(), expected);
        };
        check(whole("404 Not Found", "text/plain", ""), "it answered with status 404");
        check(whole("500 Oops", "text/plain", "x"), "it answered with status 500");
        let mut cut = whole("200 OK", "text/html", "a long answer");
        cut.truncate(cut.len() - 5);
        check(cut, "its answer was cut off");
    }

    #[test]
    fn silence_ends_in_time() {
        let silent = ask(|_, _| {
            std::thread::sleep(Duration::from_secs(3));
            Vec::new()
        });
        assert_eq!(silent.unwrap_err(), "it did not answer in time");
    }

    #[test]
    fn where_nobody_listens() {
        let http = Http::new(Duration::from_secs(5));
        let check = |address: &str, expected: &[&str]| {
            let error = http.get(address, "*/*", None).unwrap_err().to_string();
            assert!(expected.contains(&error.as_str()), "{address}: {error}");
        };
        check("http://127.0.0.1:1/", &["it cannot be connected to; is there a network?"]);
        check("not a url", &["the address is not one of the web"]);
    }

    #[test]
    fn a_passing_failure_is_tried_again() {
        let tries = AtomicU32::new(0);
        let answer = ask(move |_, _| match tries.fetch_add(1, Ordering::Relaxed) {
            0 => whole("503 Busy", "text/plain", ""),
            _ => whole("200 OK", "text/plain", "now"),
        });
        assert_eq!(answer.unwrap().body, b"now");
    }

    #[test]
    fn a_password_in_the_address_is_sent_and_not_told() {
        let address = serve(|_, request| {
            let has = request.to_ascii_lowercase().contains("authorization: basic");
            whole(if has { "500 No" } else { "200 OK" }, "text/plain", "")
        });
        let with = address.replace("http://", "http://me:secret@");
        let mut http = Http::new(Duration::from_secs(5));
        http.pause = Duration::from_millis(1);
        let answer = http.get(&with, "*/*", None).and_then(Answer::good).unwrap_err();
        assert_eq!(answer.to_string(), "it answered with status 500");
        assert!(!format!("{answer:?}").contains("secret"));
    }
}
