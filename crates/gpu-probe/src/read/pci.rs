//! The NVIDIA GPUs on the PCI bus, by sysfs.

use super::root::Root;
use crate::{
    PciGpu,
    Reading::{self, Absent, Found, Unknown},
};

const DEVICES: &str = "/sys/bus/pci/devices";
const NVIDIA: &str = "0x10de";

/// Reads the bus. A machine that has no PCI bus has no GPU on it.
pub(crate) fn read(root: &Root) -> Reading<Vec<PciGpu>> {
    match root.names(DEVICES) {
        Found(addresses) => {
            Found(addresses.into_iter().filter_map(|address| gpu(root, address)).collect())
        }
        Absent if root.exists("/sys/bus") => Found(Vec::new()),
        Absent => Unknown("`/sys` is not mounted".to_owned()),
        Unknown(reason) => Unknown(reason),
    }
}

fn gpu(root: &Root, address: String) -> Option<PciGpu> {
    let attribute = |name: &str| root.text(format!("{DEVICES}/{address}/{name}"));
    if attribute("vendor").found()?.trim() != NVIDIA {
        return None;
    }
    if !is_display(attribute("class").found()?) {
        return None;
    }
    let windows = attribute("resource").map(|text| parse_windows(&text));
    Some(PciGpu {
        device_id: parse_id(attribute("device").found()?)?,
        driver: driver(root, &address),
        runtime_status: attribute("power/runtime_status").map(|text| text.trim().to_owned()),
        memory_windows_assigned: windows.clone().map(|windows| windows.assigned),
        largest_window_mib: windows.map(|windows| windows.largest_mib),
        max_link_width: attribute("max_link_width").and_then(|text| match link_width(&text) {
            Some(lanes) => Found(lanes),
            None => Unknown(format!("`max_link_width` is `{}`", text.trim())),
        }),
        // `-1` where the machine has one node only.
        numa_node: attribute("numa_node").and_then(|text| text.trim().parse().ok().into()),
        address,
    })
}

fn driver(root: &Root, address: &str) -> Reading<String> {
    let link = root.link(format!("{DEVICES}/{address}/driver"));
    link.and_then(|to| to.file_name().map(|name| name.to_string_lossy().into_owned()).into())
}

/// How many lanes the GPU at an address could use in the best slot, which NVML does not know: it
/// gives those that GPU and slot have in common.
pub(crate) fn max_link_width(
    gpus: &Reading<Vec<PciGpu>>,
    address: &Reading<String>,
) -> Reading<u32> {
    let (Found(gpus), Found(address)) = (gpus, address) else {
        return Unknown("the PCI bus or the GPU's address on it is not known".to_owned());
    };
    match gpus.iter().find(|gpu| gpu.address == *address) {
        Some(gpu) => gpu.max_link_width.clone(),
        None => Unknown(format!("the PCI bus shows no GPU {address}")),
    }
}

/// `16`; some kernels say 255 for a link that they do not know.
fn link_width(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|width| (1..=32).contains(width))
}

/// Whether a class is a VGA controller (`0x0300xx`) or a 3D controller (`0x0302xx`).
fn is_display(class: &str) -> bool {
    let class = class.trim();
    class.starts_with("0x0300") || class.starts_with("0x0302")
}

pub(super) fn parse_id(text: &str) -> Option<u16> {
    u16::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}

/// The memory windows (BARs) of a device.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Windows {
    assigned: bool,
    largest_mib: u64,
}

/// `IORESOURCE_MEM` and `IORESOURCE_UNSET` of the kernel's `linux/ioport.h`.
const MEMORY: u64 = 0x200;
const UNSET: u64 = 0x2000_0000;

/// Reads the first six lines of `resource`: start, end and flags of each window, in hexadecimal.
///
/// Every NVIDIA GPU has its registers in window 0 and its memory in window 1, so either of them
/// without an address means that the firmware did not assign it.
pub(super) fn parse_windows(text: &str) -> Windows {
    let mut largest = 0;
    let mut assigned = [false; 2];
    for (index, line) in text.lines().take(6).enumerate() {
        let mut fields = line
            .split_whitespace()
            .map(|field| u64::from_str_radix(field.trim_start_matches("0x"), 16).unwrap_or(0));
        let mut next = || fields.next().unwrap_or(0);
        let (start, end, flags) = (next(), next(), next());
        if flags & MEMORY == 0 || end <= start {
            continue;
        }
        largest = largest.max((end - start).saturating_add(1));
        if let Some(slot) = assigned.get_mut(index) {
            *slot = start != 0 && flags & UNSET == 0;
        }
    }
    Windows { assigned: assigned == [true; 2], largest_mib: largest >> 20 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    /// An RTX 4060 of a desktop.
    const RESOURCE: &str = "\
0x0000000084000000 0x0000000084ffffff 0x0000000000040200
0x0000006000000000 0x00000061ffffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000006200000000 0x0000006201ffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000000004000 0x000000000000407f 0x0000000000040101
0x0000000085000000 0x000000008507ffff 0x0000000000046200
";

    #[test]
    fn reads_windows() {
        assert_eq!(parse_windows(RESOURCE), Windows { assigned: true, largest_mib: 8192 });
        let unset = RESOURCE.replace(
            "0x0000006000000000 0x00000061ffffffff 0x000000000014220c",
            "0x0000000000000000 0x00000001ffffffff 0x000000002014220c",
        );
        assert_eq!(parse_windows(&unset), Windows { assigned: false, largest_mib: 8192 });
        assert_eq!(parse_windows(""), Windows { assigned: false, largest_mib: 0 });
    }

    #[test]
    fn reads_a_bus() {
        let base = "/sys/devices/pci0000:00/0000:01:00.0";
        let audio = "/sys/bus/pci/devices/0000:01:00.1";
        let tree = Tree::new(&[
            (&format!("{base}/vendor"), "0x10de\n"),
            (&format!("{base}/class"), "0x030000\n"),
            (&format!("{base}/device"), "0x2882\n"),
            (&format!("{base}/numa_node"), "-1\n"),
            (&format!("{base}/max_link_width"), "8\n"),
            (&format!("{base}/power/runtime_status"), "suspended\n"),
            (&format!("{base}/resource"), RESOURCE),
            (&format!("{base}/driver"), "-> ../../../bus/pci/drivers/nvidia"),
            ("/sys/bus/pci/devices/0000:01:00.0", "-> ../../../devices/pci0000:00/0000:01:00.0"),
            (&format!("{audio}/vendor"), "0x10de\n"),
            (&format!("{audio}/class"), "0x040300\n"),
            (&format!("{audio}/device"), "0x22be\n"),
            ("/sys/bus/pci/devices/0000:00:00.0/vendor", "0x8086\n"),
        ]);
        let expected = PciGpu {
            address: "0000:01:00.0".to_owned(),
            device_id: 0x2882,
            driver: Found("nvidia".to_owned()),
            runtime_status: Found("suspended".to_owned()),
            memory_windows_assigned: Found(true),
            largest_window_mib: Found(8192),
            max_link_width: Found(8),
            numa_node: Absent,
        };
        let gpus = read(&tree.root());
        assert_eq!(gpus, Found(vec![expected]));
        let width = |address: &str| max_link_width(&gpus, &Found(address.to_owned()));
        assert_eq!(width("0000:01:00.0"), Found(8));
        assert!(width("0000:02:00.0").unknown().is_some());
    }

    #[test]
    fn reads_link_widths() {
        let check = |text: &str, expected: Option<u32>| {
            assert_eq!(link_width(text), expected, "{text:?}");
        };
        check("16\n", Some(16));
        check("1", Some(1));
        check("255\n", None);
        check("0", None);
        check("", None);
    }

    #[test]
    fn no_bus_is_empty_and_no_sysfs_is_unknown() {
        assert_eq!(read(&Tree::new(&[("/sys/bus/cpu/x", "")]).root()), Found(Vec::new()));
        assert!(read(&Tree::new(&[]).root()).unknown().is_some());
    }

    proptest! {
        #[test]
        fn never_panics(
            text in "([0-9a-fx]{0,18} ?){0,12}",
            lines in "((0x[0-9a-f]{1,16} ){3}\n){0,8}",
        ) {
            parse_windows(&text);
            parse_windows(&lines);
            parse_id(&text);
            link_width(&text);
            is_display(&text);
        }
    }
}
