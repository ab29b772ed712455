//! A registry of one test's own: Debian's `docker-registry`, in a folder, on a port of this machine.
#![expect(clippy::disallowed_methods, reason = "the tests start the registry")]

use super::docker::tool;
use image_spec::{Manifest, RegistryClient, RegistryOptions};
use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The user of a registry that asks for a password, and the password: in base64 it has signs that the
/// two alphabets write differently.
pub(crate) const USER: &str = "altlas";
pub(crate) const PASSWORD: &str = "p>>>???~~~";

/// Made with `htpasswd -nbB`.
const HTPASSWD: &str = "altlas:$2y$04$g1OqHREADDWZapThz.jC9ONk3UvuvfS57uccye1L89mpxs5bo72x6\n";

/// A registry; ended when dropped.
pub(crate) struct Registry {
    child: Child,
    pub(crate) port: u16,
    folder: tempfile::TempDir,
}

/// What the registry is started with.
#[derive(Default)]
pub(crate) struct Wish<'a> {
    pub(crate) password: bool,
    /// A certificate and its key.
    pub(crate) tls: Option<(&'a Path, &'a Path)>,
    /// Where the images are kept, instead of in a folder of its own.
    pub(crate) data: Option<&'a Path>,
}

impl Registry {
    pub(crate) fn start() -> Self {
        Self::start_with(&Wish::default())
    }

    pub(crate) fn start_with(wish: &Wish<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let own = folder.path().join("data");
        let data = wish.data.unwrap_or(&own).display().to_string();
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\n\
             storage: {{filesystem: {{rootdirectory: {data}}}}}\n\
             http:\n  addr: 127.0.0.1:{port}\n"
        );
        if let Some((certificate, key)) = wish.tls {
            let (certificate, key) = (certificate.display(), key.display());
            config += &format!("  tls: {{certificate: {certificate}, key: {key}}}\n");
        }
        if wish.password {
            let path = folder.path().join("htpasswd");
            std::fs::write(&path, HTPASSWD).unwrap();
            config += &format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", path.display());
        }
        let path = folder.path().join("config.yml");
        std::fs::write(&path, config).unwrap();
        // It ends with this test, however that ends.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(tool("docker-registry"))
            .arg("serve")
            .arg(path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self { child, port, folder };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the registry does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    /// Its name in references.
    pub(crate) fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Docker's config with the right password, or another.
    pub(crate) fn docker_config(&self, password: &str) -> String {
        let auth = base64(&format!("{USER}:{password}"));
        format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, self.name())
    }

    /// What a tag names, asked without a detour.
    pub(crate) fn manifest(&self, path: &str, tag: &str) -> Option<Manifest> {
        let client = RegistryClient::new(Some(&self.name()), &RegistryOptions::default()).unwrap();
        client.manifest(path, tag).unwrap()
    }

    /// The folder of its files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Base64 of a text, as Docker writes it into its config.
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[test]
fn base64_is_dockers() {
    assert_eq!(base64("u:p>>>???~~~"), "dTpwPj4+Pz8/fn5+");
    assert_eq!(base64("a:b"), "YTpi");
    assert_eq!(base64("a:bc"), "YTpiYw==");
}
