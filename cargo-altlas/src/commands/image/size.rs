//! `cargo altlas image size`.

use super::{docker::Shape, source::SourceArgs};
use crate::{
    exit::{Exit, Failure},
    files,
    table::{Row, table},
};
use clap::Args;
use image_spec::{Contents, ImageSize, PackageSize, StepSize};
use serde_json::json;

/// Say which instruction and which package of an image costs what, and what a product could drop
#[derive(Debug, Args)]
pub(crate) struct SizeArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// How many instructions and packages to show
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    top: usize,

    /// How to say it
    #[arg(long, value_enum, default_value_t = Shape::Human, value_name = "FORMAT")]
    format: Shape,
}

pub(crate) fn run(args: &SizeArgs) -> Result<Exit, Failure> {
    let (image, place) = args.source.read(&Contents::want())?;
    let size = ImageSize::of(&image, &Contents::of(&image));
    let text = match args.format {
        Shape::Json => {
            let whole = json!({
                "schema": 1,
                "command": "image size",
                "image": args.source.image,
                "from": place,
                "size": size,
            });
            format!("{whole:#}\n")
        }
        Shape::Human => human(&args.source.image, &size, args.top),
    };
    files::print(&text).map_err(Failure::could_not)?;
    Ok(Exit::Clean)
}

fn human(name: &str, size: &ImageSize, top: usize) -> String {
    let layers = size.steps.len();
    let mut out = format!("{name}: {} unpacked, in {layers} layers\n", words(size.total));
    out.push_str("\nby instruction:\n");
    let mut steps: Vec<&StepSize> = size.steps.iter().collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.size));
    let row = |step: &&StepSize| {
        let hidden = match step.hidden {
            0 => String::new(),
            hidden => format!(" ({} of it hidden by a later layer)", words(hidden)),
        };
        let by =
            step.created_by.as_deref().unwrap_or("an instruction that the image does not name");
        Row::new(&words(step.size), format!("{}{hidden}", short(by)))
    };
    out.push_str(&table(&steps.iter().take(top).map(row).collect::<Vec<Row>>()));
    if !size.packages.is_empty() {
        out.push_str("\nby package:\n");
        let row = |package: &PackageSize| {
            let PackageSize { name, version, kind, size } = package;
            Row::new(&words(*size), format!("{name} {version} ({kind})"))
        };
        let rows: Vec<Row> = size.packages.iter().take(top).map(row).collect();
        out.push_str(&table(&rows));
    }
    if size.needless.is_empty() {
        out.push_str("\nnothing was found that a product could do without\n");
        return out;
    }
    out.push_str("\na product could do without:\n");
    let rows: Vec<Row> = size
        .needless
        .iter()
        .map(|one| Row::new(&words(one.size), format!("{}: {}", one.what, one.how)))
        .collect();
    out.push_str(&table(&rows));
    out
}

/// The first words of an instruction, in one line.
fn short(instruction: &str) -> String {
    const MOST: usize = 160;
    let text = instruction.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// A size in the unit that fits.
fn words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = bytes.saturating_mul(10) / unit;
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_words() {
        let check = |bytes: u64, expected: &str| assert_eq!(words(bytes), expected);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1536, "1.5 KiB");
        check(5 * 1024 * 1024, "5.0 MiB");
        check(7_913_000_000, "7.3 GiB");
        check(u64::MAX, "1717986918.3 GiB");
    }
}
