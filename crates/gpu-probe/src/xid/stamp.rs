//! The prefix of a line of the kernel log: when it was written, and by whom.

/// When a record was written; `None` where the line does not say how long after boot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) since_boot_us: Option<u64>,
}

impl Stamp {
    pub(super) fn since_boot_s(self) -> Option<u64> {
        self.since_boot_us.map(|microseconds| microseconds / 1_000_000)
    }
}

/// Takes the prefix off a line of `/dev/kmsg` (`4,1234,5678901,-;`), `dmesg` (`[  123.456789] `),
/// `journalctl` (`[  123.456789] host kernel: `, `Nov 24 12:00:00 host kernel: `) or `kern.log`
/// (`Nov 24 12:00:00 host kernel: [  123.456789] `).
pub(super) fn split_stamp(line: &str) -> (Stamp, &str) {
    if let Some(parts) = kmsg_stamp(line) {
        return parts;
    }
    let (stamp, rest) = bracketed_stamp(line).unwrap_or((Stamp::default(), line));
    let behind_host = rest.split_once(" kernel: ").filter(|(host, _)| !host.contains("NVRM:"));
    let Some((_, message)) = behind_host else { return (stamp, rest.trim_start()) };
    // `kern.log` writes the date and the host before the time since boot.
    let inner = bracketed_stamp(message).filter(|_| stamp == Stamp::default());
    inner.unwrap_or((stamp, message.trim_start()))
}

pub(super) fn kmsg_stamp(line: &str) -> Option<(Stamp, &str)> {
    let (header, message) = line.split_once(';')?;
    let mut fields = header.split(',');
    let mut number = || {
        let field = fields.next()?;
        field.bytes().all(|byte| byte.is_ascii_digit()).then_some(field)
    };
    let (_priority, _sequence, microseconds) = (number()?, number()?, number()?);
    Some((Stamp { since_boot_us: Some(microseconds.parse().ok()?) }, message))
}

/// Finds `[  123.456789]` at the start, also behind the facility of `dmesg -x`.
fn bracketed_stamp(line: &str) -> Option<(Stamp, &str)> {
    let start = line.find('[').filter(|start| *start < 24)?;
    let (inside, rest) = line[start + 1..].split_once(']')?;
    if let Some(since_boot_us) = microseconds(inside.trim()) {
        return Some((Stamp { since_boot_us: Some(since_boot_us) }, rest.trim_start()));
    }
    // `dmesg -T` writes the date, which does not say how long after boot it was.
    (start == 0 && ends_with_a_year(inside)).then(|| (Stamp::default(), rest.trim_start()))
}

/// Reads `123.456789` seconds.
fn microseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)
}

fn ends_with_a_year(date: &str) -> bool {
    let year = date.rsplit(' ').next().unwrap_or_default();
    date.contains(' ') && year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())
}
