//! One request to a registry: the address, TLS, limits of time, and what failures mean.

use super::{RegistryOptions, Trouble};
use std::{
    error::Error,
    fmt::Write,
    io::{ErrorKind, Read},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use ureq::{
    Agent, Body,
    http::Response,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(60);

/// Where a registry is, and how it is spoken to.
#[derive(Debug)]
pub(super) struct Transport {
    /// The host and port.
    host: String,
    /// Whether plain HTTP may be spoken.
    insecure: bool,
    /// Whether HTTP turned out to be wrong.
    tls: AtomicBool,
    certificates: Option<std::path::PathBuf>,
    plain: OnceLock<Agent>,
    secure: OnceLock<Agent>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer(Response<Body>);

impl Transport {
    pub(super) fn new(registry: Option<&str>, options: &RegistryOptions) -> Self {
        let host = match registry {
            None | Some("docker.io" | "index.docker.io") => "registry-1.docker.io",
            Some(host) => host,
        };
        let insecure = options.insecure || is_this_machine(host);
        Self {
            host: host.to_owned(),
            insecure,
            tls: AtomicBool::new(!insecure),
            certificates: options.certificates.as_ref().map(|folder| folder.join(host)),
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        }
    }

    /// Whether a plain URL may be asked: only the registry's own host, where that is insecure, or this
    /// machine.
    pub(super) fn may_be_plain(&self, url: &str) -> bool {
        let host = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?']).next());
        let name = |host: &str| host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
        host.is_some_and(|host| {
            is_this_machine(host) || (self.insecure && name(host) == name(&self.host))
        })
    }

    /// Asks for a path of the registry.
    pub(super) fn get(
        &self,
        path: &str,
        accept: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Answer, Trouble> {
        let tls = self.tls.load(Ordering::Relaxed);
        let scheme = if tls { "https" } else { "http" };
        let answer =
            self.get_url(&format!("{scheme}://{}{path}", self.host), accept, authorization);
        // A server that wants TLS answers plain requests with 400, or with bytes that are no HTTP.
        let wants_tls = match &answer {
            Ok(answer) => answer.status() == 400,
            Err(trouble) => *trouble == Trouble::NotARegistry,
        };
        if tls || !wants_tls {
            return answer;
        }
        let url = format!("https://{}{path}", self.host);
        let again = self.get_url(&url, accept, authorization);
        if matches!(&again, Ok(_) | Err(Trouble::Certificate(_))) {
            self.tls.store(true, Ordering::Relaxed);
            return again;
        }
        answer
    }

    /// Asks for a whole URL.
    pub(super) fn get_url(
        &self,
        url: &str,
        accept: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Answer, Trouble> {
        let mut request = self.agent(url).get(url);
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        request.call().map(Answer).map_err(|error| trouble(&error))
    }

    /// Sends a form to a whole URL.
    pub(super) fn post_form(&self, url: &str, form: &str) -> Result<Answer, Trouble> {
        let request =
            self.agent(url).post(url).header("content-type", "application/x-www-form-urlencoded");
        request.send(form).map(Answer).map_err(|error| trouble(&error))
    }

    fn agent(&self, url: &str) -> &Agent {
        let secure = url.starts_with("https://");
        let agent = if secure { &self.secure } else { &self.plain };
        agent.get_or_init(|| agent_with(secure.then(|| tls(self.certificates.as_deref()))))
    }
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name)?.to_str().ok().map(str::to_owned)
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.0.body().content_length()
    }

    /// The whole body; more than `most` bytes are no answer of a registry.
    pub(super) fn bytes(mut self, most: u64) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        let mut reader = self.0.body_mut().as_reader().take(most + 1);
        reader.read_to_end(&mut bytes).map_err(|error| trouble(&ureq::Error::from(error)))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > most { Err(Trouble::NotARegistry) } else { Ok(bytes) }
    }

    pub(super) fn reader(self) -> Box<dyn Read> {
        Box::new(self.0.into_body().into_reader())
    }
}

/// `localhost`, `127.0.0.0/8` and `::1`, with or without a port.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = |name: &str| {
        let v4 = name.parse::<Ipv4Addr>().map(IpAddr::from);
        v4.or_else(|_| name.parse::<Ipv6Addr>().map(IpAddr::from))
    };
    name == "localhost" || address(name).is_ok_and(|address| address.is_loopback())
}

fn agent_with(tls: Option<TlsConfig>) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(5)
        .user_agent(concat!("cargo-altlas/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_per_read(Some(ANSWER));
    let config = match tls {
        Some(tls) => config.tls_config(tls),
        None => config,
    };
    config.build().new_agent()
}

/// TLS with the authorities that this machine trusts, and those that Docker is told to trust for this
/// registry.
fn tls(folder: Option<&Path>) -> TlsConfig {
    let native = rustls_native_certs::load_native_certs().certs;
    let mut roots: Vec<Certificate<'static>> =
        native.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    let files = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    for entry in files.into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "crt") {
            let pem = std::fs::read(path).unwrap_or_default();
            roots.extend(parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            }));
        }
    }
    TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

/// What a failed request means.
fn trouble(error: &ureq::Error) -> Trouble {
    match error {
        ureq::Error::Timeout(_) => Trouble::Late,
        ureq::Error::HostNotFound => Trouble::Unreachable("no such host".to_owned()),
        ureq::Error::Rustls(error) => of_tls(error),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => Trouble::NotARegistry,
        ureq::Error::Io(error) => of_io(error),
        other => Trouble::Unreachable(other.to_string()),
    }
}

fn of_io(error: &std::io::Error) -> Trouble {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        (Some(error), _) => of_tls(error),
        (
            None,
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe,
        ) => Trouble::Cut,
        (None, ErrorKind::TimedOut | ErrorKind::WouldBlock) => Trouble::Late,
        (None, ErrorKind::ConnectionRefused) => {
            Trouble::Unreachable("the connection is refused".to_owned())
        }
        _ => {
            let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            Trouble::Unreachable(format!("{error}{source}"))
        }
    }
}

fn of_tls(error: &rustls::Error) -> Trouble {
    use rustls::{CertificateError as Why, Error};
    let why = match error {
        Error::InvalidMessage(_) => return Trouble::PlainHttp,
        Error::InvalidCertificate(Why::UnknownIssuer) => "nobody that this machine knows signed it",
        Error::InvalidCertificate(Why::Expired | Why::ExpiredContext { .. }) => "it has expired",
        Error::InvalidCertificate(Why::NotValidForName | Why::NotValidForNameContext { .. }) => {
            "it is for another name"
        }
        other if other.to_string().contains("CaUsedAsEndEntity") => {
            "it is a CA's own; sign one for the server with it"
        }
        other => return Trouble::Certificate(other.to_string()),
    };
    Trouble::Certificate(why.to_owned())
}

/// Fields as a form or query.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machine() {
        let check =
            |host: &str, expected: bool| assert_eq!(is_this_machine(host), expected, "{host}");
        check("localhost:5000", true);
        check("localhost", true);
        check("127.0.0.1:5000", true);
        check("127.9.9.9", true);
        check("[::1]:5000", true);
        check("localhost.example.com", false);
        check("192.168.0.1:5000", false);
        check("registry.example.com", false);
    }

    #[test]
    fn sends_credentials_in_the_clear_to_insecure_registries_only() {
        let options = RegistryOptions { insecure: true, ..RegistryOptions::default() };
        let insecure = Transport::new(Some("r.lan:5000"), &options);
        let secure = Transport::new(Some("r.example.com"), &RegistryOptions::default());
        assert!(insecure.may_be_plain("http://r.lan:5001/token"));
        assert!(!insecure.may_be_plain("http://other.lan/token"));
        assert!(!secure.may_be_plain("http://r.example.com/token"));
        assert!(secure.may_be_plain("http://127.0.0.1:5001/token?a"));
    }

    #[test]
    fn escapes_forms() {
        assert_eq!(
            form(&[("scope", "repository:a/b:pull,push"), ("x", "a b")]),
            "scope=repository%3Aa%2Fb%3Apull%2Cpush&x=a%20b"
        );
    }
}
