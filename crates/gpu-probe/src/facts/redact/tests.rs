//! What stays and what goes.

use super::*;
use crate::{KernelLog, Process, Reading::Found, XidEvent, example};
use proptest::prelude::*;

fn machine_of_ada() -> Facts {
    let mut facts = example::h200();
    facts.host.name = Found("ada-box".to_owned());
    facts.host.user.name = Found("ada".to_owned());
    facts.host.user.groups = vec!["ada".to_owned(), "docker".to_owned()];
    facts.environment.variables = [
        ("CUDA_VISIBLE_DEVICES", "GPU-4f8b2d8e,MIG-aaaa-bb,GPU-ffff"),
        ("DOCKER_HOST", "ssh://ada@build.internal"),
        ("LD_LIBRARY_PATH", "/home/ada/lib:/home/bob/lib:/data/ada/venv:/usr/lib"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let Probed::Answered(nvml) = &mut facts.nvml else { panic!("the example answers") };
    nvml.gpus[0].processes = Found(vec![Process {
        pid: 7,
        name: Found("train-secret".to_owned()),
        memory_mib: Found(1),
        graphics: false,
    }]);
    facts.kernel_log = Found(KernelLog {
        source: "/var/log/kern.log".to_owned(),
        xids: vec![XidEvent {
            code: 31,
            pci_address: example::H200_ADDRESS.to_owned(),
            since_boot_s: Found(1),
            pid: Found(7),
            program: Found("train-secret".to_owned()),
            text: "pid=7, name=train-secret, Ch 00000008".to_owned(),
        }],
        driver_messages: vec!["Nov 24 10:00:00 ada-box kernel: NVRM: GPU at ada-boxes".to_owned()],
    });
    facts.pci = Reading::Unknown("`/home/ada/x`: permission denied".to_owned());
    facts
}

#[test]
fn blanks_what_is_personal() {
    let mut facts = machine_of_ada();
    facts.redact();
    assert!(facts.redacted);
    assert_eq!(facts.host.name, Found(HOST.to_owned()));
    assert_eq!(facts.host.user.name, Found("redacted-user-1".to_owned()));
    assert_eq!(facts.host.user.groups, ["redacted-user-1", "docker"]);
    let variable = |name: &str| facts.environment.get(name).unwrap();
    assert_eq!(variable("CUDA_VISIBLE_DEVICES"), "GPU-redacted-1,MIG-redacted-1,GPU-redacted-2");
    assert_eq!(variable("DOCKER_HOST"), "ssh://redacted-host");
    assert_eq!(
        variable("LD_LIBRARY_PATH"),
        "/home/redacted-user-1/lib:/home/redacted-user-2/lib:/data/redacted-user-1/venv:/usr/lib"
    );
    let gpu = &facts.nvml.answered().unwrap().gpus[0];
    assert_eq!(gpu.uuid, Found("GPU-redacted-1".to_owned()));
    assert_eq!(gpu.serial, Found("redacted-serial-1".to_owned()));
    assert_eq!(facts.cuda.answered().unwrap().devices[0].uuid, gpu.uuid);
    let log = facts.kernel_log.found().unwrap();
    assert_eq!(log.xids[0].text, "pid=7, name=redacted-process-1, Ch 00000008");
    assert_eq!(
        log.driver_messages,
        ["Nov 24 10:00:00 redacted-host kernel: NVRM: GPU at ada-boxes"]
    );
    assert_eq!(facts.pci.unknown(), Some("`/home/redacted-user-1/x`: permission denied"));
    let json = facts.to_json();
    for secret in
        ["\"ada", "/ada/", "bob", "4f8b", "1650000000000", "train-secret", "build.internal"]
    {
        assert!(!json.contains(secret), "{secret} is left");
    }
}

#[test]
fn a_second_time_changes_nothing() {
    let mut facts = machine_of_ada();
    facts.redact();
    let once = facts.clone();
    facts.redact();
    assert_eq!(facts, once);
    facts.redacted = false;
    facts.redact();
    assert_eq!(facts, once);
}

#[test]
fn what_is_not_personal_stays() {
    let mut facts = example::h200();
    facts.host.user.name = Found("dev".to_owned());
    facts.redact();
    let original = example::h200();
    assert_eq!(facts.device_nodes, original.device_nodes);
    assert_eq!(facts.driver_libraries, original.driver_libraries);
    assert_eq!(facts.kernel_module, original.kernel_module);
    assert_eq!(facts.smoke, original.smoke);
}

#[test]
fn tells_uuids_from_words() {
    let check = |text: &str, expected: &str| {
        assert_eq!(Blanks::default().blank_uuids(text), expected);
    };
    check("a GPU-based box", "a GPU-based box");
    check("GPU-accelerated", "GPU-accelerated");
    check("MIG-GPU-4f8b2d8e-00/1/0", "MIG-GPU-redacted-1/1/0");
    check("GPU-4F8B2D8E,GPU-4f8b2d8e", "GPU-redacted-1,GPU-redacted-1");
    check("GPU-redacted-1", "GPU-redacted-1");
    check("GPU-", "GPU-");
}

proptest! {
    #[test]
    fn never_panics(
        text in ".{0,50}(GPU-|MIG-|/home/|/)[0-9a-zé-]{0,20}.{0,20}",
        word in ".{0,4}",
    ) {
        let mut blanks = Blanks::default();
        blanks.user(&word);
        blanks.text(&text);
        replace_word(&text, &word, "x");
    }
}
