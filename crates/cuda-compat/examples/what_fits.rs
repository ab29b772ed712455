//! Asks the solver for a set of versions: `what_fits torch>=2.6 tensorflow python=3.11 driver=550.54.15`.

#![expect(clippy::print_stdout, reason = "an example prints what it found")]

use cuda_compat::{Answer, DriverWish, FrameworkWish, GpuCapability, Platform, Wishes, solve};
use std::{error::Error, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut wishes = Wishes::on("2026-11-24".parse()?);
    for word in std::env::args().skip(1) {
        match word.split_once('=').filter(|(name, _)| name.chars().all(char::is_alphabetic)) {
            Some(("python", text)) => wishes.python = Some(format!("=={text}.*").parse()?),
            Some(("cuda", text)) => wishes.cuda = Some(format!("=={text}.*").parse()?),
            Some(("today", text)) => wishes.today = text.parse()?,
            Some(("cudnn", text)) => wishes.cudnn = Some(text.parse()?),
            Some(("os", text)) => wishes.os = Some(text.to_owned()),
            Some(("gpu", text)) => wishes.gpus.push(GpuCapability {
                name: text.to_owned(),
                capability: text.parse()?,
                data_center: None,
            }),
            Some(("driver", text)) => {
                wishes.driver =
                    Some(DriverWish { version: text.parse()?, platform: Platform::Linux });
            }
            _ => {
                let end = word.find(['=', '<', '>', '!', '~']).unwrap_or(word.len());
                let (name, range) = word.split_at(end);
                wishes.frameworks.push(FrameworkWish::new(name.parse()?, range.parse()?));
            }
        }
    }
    let start = Instant::now();
    let answer = solve(&wishes);
    let took = start.elapsed();
    match answer {
        Answer::Fits(fit) => {
            println!("nvidia/cuda:{}, Python {}", fit.tag, fit.python);
            for chosen in &fit.frameworks {
                let index = chosen.build.index.as_deref().unwrap_or("PyPI");
                println!("{}=={} from {index}", chosen.build.package, chosen.version);
            }
            println!("cuDNN {:?}, driver {:?}", fit.cudnn, fit.driver);
        }
        Answer::Contradiction(found) => {
            for clash in &found.clashes {
                println!("{}", clash.wish);
                for fact in &clash.facts {
                    println!("  {} ({}, {})", fact.text, fact.source, fact.date);
                }
            }
            for change in &found.changes {
                let steps: Vec<String> = change.steps.iter().map(ToString::to_string).collect();
                println!("- {}", steps.join(" and "));
            }
        }
    }
    println!("{:.2} ms", took.as_secs_f64() * 1000.0);
    let start = Instant::now();
    solve(&wishes);
    println!("{:.2} ms again", start.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}
