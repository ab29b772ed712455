//! Registries that want a token from somewhere else, as Docker Hub does: a small server plays both.

use image_spec::{RegistryClient, RegistryOptions, Trouble};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
};

const MANIFEST: &str =
    r#"{"schemaVersion":2,"config":{"size":2,"digest":"sha256:cc"},"layers":[]}"#;

/// Serves a registry whose tokens come from `realm`; a `%` in it is the server's own port.
fn serve(realm: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client that goes away ends its own request alone.
            let _ = answer(client, &realm.replace('%', &port.to_string()));
        }
    });
    port
}

fn answer(mut client: TcpStream, realm: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let head = head.to_lowercase();
    // `altlas:p>>>???~~~`.
    let known = head.contains("authorization: basic ywx0bgfzona+pj4/pz9+fn4=");
    let (status, header, body) = if head.starts_with("get /token?") {
        let asked = head.contains("scope=repository%3ateam%2fapp%3apull&service=here");
        match (asked, known) {
            (true, true) => (200, String::new(), r#"{"token":"t0ken"}"#),
            _ => (401, String::new(), "{}"),
        }
    } else if head.contains("authorization: bearer t0ken") {
        (200, String::new(), MANIFEST)
    } else {
        let challenge = format!(
            "WWW-Authenticate: Bearer realm=\"{realm}\",service=\"here\",scope=\"repository:team/app:pull\"\r\n"
        );
        (401, challenge, "{}")
    };
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {status} X\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[test]
fn a_token_is_fetched_with_the_credentials() {
    let port = serve("http://127.0.0.1:%/token");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let ask = |text: &str| {
        std::fs::write(&config, text).unwrap();
        let options =
            RegistryOptions { docker_config: Some(config.clone()), ..RegistryOptions::default() };
        let client = RegistryClient::new(Some(&format!("127.0.0.1:{port}")), &options).unwrap();
        client.manifest("team/app", "1.0").map_err(|error| error.trouble)
    };
    let auth =
        |value: &str| format!(r#"{{"auths": {{"127.0.0.1:{port}": {{"auth": "{value}"}}}}}}"#);
    let manifest = ask(&auth("YWx0bGFzOnA+Pj4/Pz9+fn4=")).unwrap().unwrap();
    assert!(manifest.is_image("sha256:cc"));
    assert_eq!(ask(&auth("YTpi")), Err(Trouble::WrongCredentials));
    assert_eq!(ask("{}"), Err(Trouble::NoCredentials));
}

#[test]
fn credentials_are_not_sent_in_the_clear_to_others() {
    let realm = "http://tokens.example.com/token";
    let port = serve(realm);
    let name = format!("127.0.0.1:{port}");
    let client = RegistryClient::new(Some(&name), &RegistryOptions::default()).unwrap();
    let error = client.manifest("team/app", "1.0").unwrap_err();
    assert_eq!(error.trouble, Trouble::UnsafeRealm(realm.to_owned()));
    assert!(error.to_string().contains("which is not HTTPS; they were not sent"));
}
