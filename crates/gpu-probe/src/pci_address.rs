//! PCI addresses in the one form of the facts.

/// Reads what CUDA (`0000:18:00.0`), NVML (`00000000:18:00.0`, upper case) and the kernel log
/// (`18:00`, `0000:18:00`, `0000:18:00.0:`) call a PCI address, and writes it as sysfs does: lower
/// case, four digits of domain, more only where it needs them.
pub(crate) fn pci_address(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches([':', ',', '.']);
    let (text, function) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<&str> = text.split(':').collect();
    let (domain, bus, device) = match parts.as_slice() {
        [bus, device] if bus.len() == 2 && device.len() == 2 => ("0", *bus, *device),
        [domain, bus, device] => (*domain, *bus, *device),
        _ => return None,
    };
    let (domain, bus) = (hexadecimal(domain, 8)?, hexadecimal(bus, 2)?);
    let (device, function) = (hexadecimal(device, 2)?, hexadecimal(function, 1)?);
    (device < 32 && function < 8).then(|| format!("{domain:04x}:{bus:02x}:{device:02x}.{function}"))
}

fn hexadecimal(text: &str, digits: usize) -> Option<u32> {
    let plain = text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain { u32::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_all_forms() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(pci_address(text).as_deref(), expected, "{text:?}");
        };
        check("0000:18:00.0", Some("0000:18:00.0"));
        check("00000000:3B:00.0", Some("0000:3b:00.0"));
        check("00010000:01:00.0\n", Some("10000:01:00.0"));
        check("0000:18:00", Some("0000:18:00.0"));
        check("0000:AF:00.1", Some("0000:af:00.1"));
        check("10000:01:00.0:", Some("10000:01:00.0"));
        check("18:00", Some("0000:18:00.0"));
        check("10de:2204", None);
        check("0000:18:20.0", None);
        check("0000:18:00.9", None);
        check("0000:+8:00.0", None);
        check("+000:18:00", None);
        check("0000:18:00:1.0", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*") {
            pci_address(&text);
        }
    }
}
