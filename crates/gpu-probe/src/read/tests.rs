//! Whole trees of files, read like a machine.

use super::{tree::Tree, *};
use crate::Reading::Found;

fn options(root: PathBuf) -> ReadOptions {
    ReadOptions {
        root,
        environment: Environment::default(),
        folder: "/".into(),
        child: ChildCommand { program: "/nonexistent".into(), arguments: Vec::new() },
        deadline: Duration::from_secs(1),
        wake: false,
        stop: std::sync::Arc::default(),
        smoke: Some(Depth::Quick),
        written_by: "0.1.0".to_owned(),
        now_unix_s: 1_795_000_000,
    }
}

fn read_tree(tree: &Tree) -> Facts {
    read(&options(tree.root().path("/")), &|_| {})
}

#[test]
fn an_empty_folder_is_a_machine_of_which_nothing_is_known() {
    let facts = read_tree(&Tree::new(&[]));
    assert!(facts.pci.unknown().is_some());
    assert!(facts.device_nodes.unknown().is_some());
    assert!(facts.kernel_log.unknown().is_some());
    assert!(facts.kernel_module.loaded.unknown().is_some());
    assert!(matches!(facts.smoke, Some(Probed::NotRun(_))));
    let json = facts.to_json();
    assert_eq!(Facts::from_json(json.as_bytes()).unwrap(), facts);
}

#[test]
fn a_laptop_with_a_sleeping_gpu_is_not_woken() {
    let gpu = "/sys/bus/pci/devices/0000:01:00.0";
    let tree = Tree::new(&[
        (&format!("{gpu}/vendor"), "0x10de\n"),
        (&format!("{gpu}/class"), "0x030200\n"),
        (&format!("{gpu}/device"), "0x28a0\n"),
        (&format!("{gpu}/power/runtime_status"), "suspended\n"),
        (&format!("{gpu}/driver"), "-> ../../../../bus/pci/drivers/nvidia"),
        ("/sys/class/power_supply/BAT0/status", "Discharging\n"),
        (
            "/proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue\n",
        ),
        ("/dev/nvidia0", ""),
        ("/etc/os-release", "ID=ubuntu\nVERSION_ID=\"24.04\"\n"),
    ]);
    let facts = read_tree(&tree);
    assert!(matches!(&facts.nvml, Probed::NotRun(reason) if reason.contains("0000:01:00.0")));
    assert!(matches!(&facts.cuda, Probed::NotRun(reason) if reason.contains("sleeps")));
    let nodes = facts.device_nodes.found().unwrap();
    let sleeping = nodes.iter().find(|node| node.path == "/dev/nvidia0").unwrap();
    assert!(matches!(sleeping.access, crate::NodeAccess::NotTried(_)));
    assert_eq!(facts.host.machine.laptop, Found(true));
    assert_eq!(facts.driver_version().unwrap().to_string(), "550.54.15");
}

#[test]
fn this_machine_is_read_without_a_fault() {
    let steps = std::sync::Mutex::new(Vec::new());
    let facts = read(&options("/".into()), &|words| steps.lock().unwrap().push(words.to_owned()));
    assert!(facts.host.name.found().is_some());
    assert!(facts.host.processors.found().is_some_and(|count| *count > 0));
    assert!(steps.lock().unwrap().iter().any(|words| words == "reading the machine"));
    let json = facts.to_json();
    assert_eq!(Facts::from_json(json.as_bytes()).unwrap(), facts);
}
