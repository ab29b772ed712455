//! TLS: a certificate that nobody knows is refused, and trusted where Docker is told to.

use super::{
    docker::{BASE, Engine, build},
    registry::{Registry, Wish},
};
use crate::support::Scene;
use image_spec::{RegistryClient, RegistryOptions, Trouble};

/// A certificate that signs itself.
fn certificate(scene: &Scene) {
    let arguments = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=test",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
    ];
    assert!(scene.tool("openssl", &arguments));
}

#[test]
fn a_certificate_that_nobody_knows_is_refused() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    certificate(&scene);
    let (cert, key) = (scene.path("cert.pem"), scene.path("key.pem"));
    let registry = Registry::start_with(&Wish { tls: Some((&cert, &key)), ..Wish::default() });
    let name = format!("{}/team/app:1.0", registry.name());
    scene.file(".dockerignore", "*.pem");
    assert_eq!(build(&scene, &format!("FROM {BASE}\n"), &name).code, Some(0));
    let run = scene.run(&["image", "push", &name]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let expected =
        format!("put the CA's certificate into `/etc/docker/certs.d/{}/ca.crt`", registry.name());
    assert!(
        run.stderr.contains("is not trusted") && run.stderr.contains(&expected),
        "{}",
        run.stderr
    );
    // The same file, where Docker looks for it.
    let folder = registry.folder().join("certs.d").join(registry.name());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&cert, folder.join("ca.crt")).unwrap();
    let ask = |certificates: Option<std::path::PathBuf>| {
        let options = RegistryOptions { certificates, ..RegistryOptions::default() };
        let client = RegistryClient::new(Some(&registry.name()), &options).unwrap();
        client.manifest("team/app", "1.0").map_err(|error| error.trouble)
    };
    assert!(matches!(ask(None), Err(Trouble::Certificate(_))));
    assert_eq!(ask(Some(registry.folder().join("certs.d"))), Ok(None));
}
