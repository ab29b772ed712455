//! PCI addresses in the one form of the facts.

/// Reads what CUDA (`0000:18:00.0`) and NVML (`00000000:18:00.0`, upper case) call a PCI bus id,
/// and writes it as sysfs does: lower case, four digits of domain, more only where it needs them.
pub(crate) fn pci_address(text: &str) -> Option<String> {
    let (rest, function) = text.trim().rsplit_once('.')?;
    let mut parts = rest.split(':');
    let domain = hexadecimal(parts.next()?)?;
    let bus = hexadecimal(parts.next()?).filter(|bus| *bus <= 0xff)?;
    let device = hexadecimal(parts.next()?).filter(|device| *device <= 0x1f)?;
    let function = hexadecimal(function).filter(|function| *function <= 7)?;
    if parts.next().is_some() {
        return None;
    }
    Some(format!("{domain:04x}:{bus:02x}:{device:02x}.{function:x}"))
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_both_forms() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(pci_address(text).as_deref(), expected, "{text:?}");
        };
        check("0000:18:00.0", Some("0000:18:00.0"));
        check("00000000:3B:00.0", Some("0000:3b:00.0"));
        check("00010000:01:00.0\n", Some("10000:01:00.0"));
        check("18:00.0", None);
        check("0000:18:00", None);
        check("0000:+8:00.0", None);
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
