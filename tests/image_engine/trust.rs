//! TLS: a certificate that nobody knows is refused, and trusted where Docker is told to.

use super::{
    docker::{BASE, Engine, build},
    registry::{Registry, Wish},
};
use crate::support::Scene;
use image_spec::{RegistryClient, RegistryOptions, Trouble};

/// A CA, and a certificate for this machine that it signed.
fn certificates(scene: &Scene) {
    let request = ["req", "-newkey", "rsa:2048", "-nodes"];
    let ca = ["-x509", "-days", "2", "-subj", "/CN=ca", "-keyout", "ca-key.pem", "-out", "ca.pem"];
    assert!(scene.tool("openssl", &[&request[..], &ca].concat()));
    let own = ["-subj", "/CN=registry", "-keyout", "key.pem", "-out", "request.pem"];
    assert!(scene.tool("openssl", &[&request[..], &own].concat()));
    scene.file("extensions.pem", "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n");
    let sign = "x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 \
                -extfile extensions.pem -out cert.pem";
    assert!(scene.tool("openssl", &sign.split_whitespace().collect::<Vec<_>>()));
}

#[test]
fn a_certificate_that_nobody_knows_is_refused() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    certificates(&scene);
    let (cert, key) = (scene.path("cert.pem"), scene.path("key.pem"));
    let registry = Registry::start_with(&Wish { tls: Some((&cert, &key)), ..Wish::default() });
    let name = format!("{}/team/app:1.0", registry.name());
    scene.file(".dockerignore", "*.pem");
    assert_eq!(build(&scene, &format!("FROM {BASE}\n"), &name).code, Some(0));
    let run = scene.run(&["image", "push", &name]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let expected = format!("put the CA's certificate into `/etc/docker/certs.d/{}/ca.crt`", registry.name());
    assert!(run.stderr.contains("nobody that this machine knows signed it"), "{}", run.stderr);
    assert!(run.stderr.contains("is not trusted") && run.stderr.contains(&expected), "{}", run.stderr);
    // The CA's certificate, where Docker looks for it.
    let folder = registry.folder().join("certs.d").join(registry.name());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(scene.path("ca.pem"), folder.join("ca.crt")).unwrap();
    let ask = |certificates: Option<std::path::PathBuf>| {
        let options = RegistryOptions { certificates, ..RegistryOptions::default() };
        let client = RegistryClient::new(Some(&registry.name()), &options).unwrap();
        client.manifest("team/app", "1.0").map_err(|error| error.trouble)
    };
    assert!(matches!(ask(None), Err(Trouble::Certificate(_))));
    assert_eq!(ask(Some(registry.folder().join("certs.d"))), Ok(None));
}
