//! `image test`: the self-test runs within limits, and the evidence says how it ended.

use super::docker::{BASE, Engine, build};
use crate::support::Scene;
use std::{
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
};

/// An image whose self-test is this shell script.
fn image(scene: &Scene, name: &str, script: &str) {
    scene.file("altlas-selftest", format!("#!/bin/sh\n{script}\n"));
    let text = format!(
        "FROM {BASE}\nLABEL org.opencontainers.image.version=1.2.0\n\
         COPY altlas-selftest /bin/altlas-selftest\nRUN [\"chmod\", \"755\", \"/bin/altlas-selftest\"]\n"
    );
    let run = build(scene, &text, name);
    assert_eq!(run.code, Some(0), "{run:#?}");
}

fn evidence(scene: &Scene) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(scene.path("evidence.json")).unwrap()).unwrap()
}

#[test]
fn the_evidence_says_how_it_ended() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let check = |script: &str, code: i32, result: &str| {
        let name = "altlas-test/tested:1.0";
        image(&scene, name, script);
        let arguments =
            ["image", "test", name, "--no-gpu", "--output", "evidence.json", "--deadline", "5"];
        let run = scene.run(&arguments);
        assert_eq!(run.code, Some(code), "{run:#?}");
        let evidence = evidence(&scene);
        assert_eq!(evidence["result"], result, "{evidence:#}");
        assert_eq!(evidence["image"]["id"], engine.image(name)["Id"]);
        assert_eq!(evidence["image"]["labels"]["org.opencontainers.image.version"], "1.2.0");
        assert!(evidence["machine"]["host"].is_string() && evidence["date"].is_string());
        evidence["runs"][0].clone()
    };
    let run = check("echo '{\"checks\": [1, 2]}'", 0, "passed");
    assert_eq!(run["output"]["checks"][1], 2);
    let run = check("echo wrong; exit 1", 1, "failed");
    assert_eq!(run["output"], "wrong\n");
    // No GPU is seen, and nobody asked for one.
    check("exit 3", 0, "passed");
    let run = check("sleep 60", 1, "failed");
    assert!(run["output"].as_str().unwrap().contains("deadline of 5 s"), "{run:#}");
    // No network and no rights.
    check("[ \"$(ls /sys/class/net)\" = lo ] && ! chown 1:1 /bin/busybox 2>/dev/null", 0, "passed");
    // Nothing is left behind.
    let (status, containers) = engine.ask("GET", "/containers/json?all=1");
    assert_eq!(status, 200);
    assert!(!containers.contains("altlas-test/tested"), "{containers}");
}

#[test]
fn what_could_not_be_looked_at_is_not_passed() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let name = "altlas-test/untested:1.0";
    assert_eq!(build(&scene, &format!("FROM {BASE}\n"), name).code, Some(0));
    let run = scene.run(&["image", "test", name, "--no-gpu", "--output", "evidence.json"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stdout.contains("the image has no program `altlas-selftest`"), "{}", run.stdout);
    assert_eq!(evidence(&scene)["result"], "could-not-look");
    let run = scene.run(&["image", "test", "altlas-test/nowhere:1.0"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("build it first with `cargo altlas image build`"));
}

#[test]
fn a_gpu_that_is_missing_is_said() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let name = "altlas-test/without-gpu:1.0";
    image(&scene, name, "exit 0");
    let run = scene.run(&["image", "test", name, "--output", "evidence.json"]);
    let evidence = evidence(&scene);
    // On a machine with a GPU that containers get, this is a whole test.
    if evidence["runs"][0]["gpus"] == true {
        return;
    }
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(evidence["runs"][0]["result"], "passed");
    let reason = evidence["could_not_look"][0].as_str().unwrap();
    assert!(reason.contains("GPU"), "{reason}");
}

/// A port that leads to the engine's socket, as a remote engine has one.
fn port_to(socket: PathBuf) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let pass_on = |client: TcpStream, engine: UnixStream| {
        let (mut from, mut to) = (client.try_clone().unwrap(), engine.try_clone().unwrap());
        // Each way ends when one side hangs up.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
        std::thread::spawn(move || {
            let (mut engine, mut client) = (engine, client);
            let _ = std::io::copy(&mut engine, &mut client);
            let _ = client.shutdown(std::net::Shutdown::Both);
        });
    };
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            pass_on(client, UnixStream::connect(&socket).unwrap());
        }
    });
    port
}

#[test]
fn an_engine_elsewhere_is_asked_for_its_gpus() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let name = "altlas-test/elsewhere:1.0";
    image(&scene, name, "exit 0");
    let host = format!("tcp://127.0.0.1:{}", port_to(engine.socket.clone()));
    let run = scene.run(&["image", "test", name, "--host", &host, "--output", "evidence.json"]);
    let evidence = evidence(&scene);
    if evidence["runs"][0]["gpus"] == true {
        return;
    }
    // Without NVIDIA's toolkit the engine refuses, and the rest is tested all the same.
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(evidence["runs"][0]["result"], "passed", "{evidence:#}");
    let reason = evidence["could_not_look"][0].as_str().unwrap();
    assert!(reason.contains("could not select device driver"), "{reason}");
    assert!(reason.contains("nvidia-ctk runtime configure"), "{reason}");
}
