//! The Docker Engine that the tests use, and what they need of it beside the program.
#![expect(clippy::disallowed_methods, reason = "the tests read where the engine is, and start one")]

use crate::support::{Run, Scene, checkout};
use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
};

/// The name of the image that others begin with.
pub(crate) const BASE: &str = "altlas-test/base:1";

/// A Docker Engine.
pub(crate) struct Engine {
    pub(crate) socket: PathBuf,
}

/// An engine of one test's own; ended when dropped.
pub(crate) struct OwnEngine {
    pub(crate) engine: Engine,
    folder: PathBuf,
}

/// Whether somebody said that these tests are left out.
pub(crate) fn is_done_without() -> bool {
    std::env::var_os("ALTLAS_TEST_WITHOUT_DOCKER").is_some()
}

impl Engine {
    /// The engine of all tests; `None` where nobody started one.
    pub(crate) fn shared() -> Option<Self> {
        let address = std::env::var("ALTLAS_TEST_DOCKER").ok().filter(|it| !it.is_empty())?;
        Some(Self { socket: PathBuf::from(address.strip_prefix("unix://").unwrap()) })
    }

    pub(crate) fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// An empty folder in which the program uses this engine, with the base image built.
    pub(crate) fn scene(&self) -> Scene {
        let scene = Scene::new().env("DOCKER_HOST", self.address());
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(busybox(), folder.path().join("busybox")).unwrap();
        let text = "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n";
        std::fs::write(folder.path().join("Dockerfile"), text).unwrap();
        let arguments =
            ["image", "build", "--file", "Dockerfile", "--network", "none", "--tag", BASE];
        let built = scene.command(&arguments).current_dir(folder.path()).output().unwrap();
        assert!(built.status.success(), "{:#?}", scene.read(built));
        scene
    }

    /// What the engine answers to a request of its own API: the status and the body.
    pub(crate) fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        let request =
            format!("{method} {path} HTTP/1.0\r\nHost: docker\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Whether the engine has an image of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.ask("GET", &format!("/images/{name}/json")).0 == 200
    }

    /// What the engine says of an image.
    pub(crate) fn image(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.ask("GET", &format!("/images/{name}/json")).1).unwrap()
    }

    /// Removes an image with all its names, and pulls it anew from its registry.
    pub(crate) fn pull_anew(&self, repository: &str, tag: &str) {
        let id = self.image(&format!("{repository}:{tag}"))["Id"].as_str().unwrap().to_owned();
        assert_eq!(self.ask("DELETE", &format!("/images/{id}?force=1")).0, 200);
        assert!(!self.has(&id));
        let (status, said) =
            self.ask("POST", &format!("/images/create?fromImage={repository}&tag={tag}"));
        assert_eq!(status, 200, "{said}");
    }
}

impl OwnEngine {
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("altlas-engine.").tempdir().unwrap().keep();
        let own = Self { engine: Engine { socket: folder.join("docker.sock") }, folder };
        own.script("start");
        own
    }

    /// Kills the engine at once, as a crash does.
    pub(crate) fn kill(&self) {
        let pid = std::fs::read_to_string(self.folder.join("dockerd.pid")).unwrap();
        assert!(Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap().success());
    }

    fn script(&self, what: &str) {
        let script = checkout().join("tests/image_engine/engine.sh");
        let status = Command::new(script).arg(what).arg(&self.folder).status().unwrap();
        assert!(status.success() || what == "stop", "{status}");
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        self.script("stop");
    }
}

/// Builds the Dockerfile `text` with the files of the scene, under that name.
pub(crate) fn build(scene: &Scene, text: &str, name: &str) -> Run {
    scene.file("Dockerfile", text);
    scene.run(&["image", "build", "--file", "Dockerfile", "--network", "none", "--tag", name])
}

fn busybox() -> PathBuf {
    let fetched = checkout().join("target/ci-tools/engine/bin/busybox");
    let places = [fetched, PathBuf::from("/bin/busybox"), PathBuf::from("/usr/bin/busybox")];
    places.into_iter().find(|path| path.exists()).unwrap()
}

/// A program of the engine's tools, wherever it is.
pub(crate) fn tool(name: &str) -> PathBuf {
    let fetched = checkout().join("target/ci-tools/engine/usr/bin").join(name);
    if fetched.exists() { fetched } else { Path::new("/usr/bin").join(name) }
}
