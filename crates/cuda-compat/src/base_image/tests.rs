//! The shape of the table of base images, and answers that are known.

use super::*;

#[test]
fn rows_are_sorted_and_say_where_they_come_from() {
    let rows = base_images().iter();
    table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
    assert!(
        base_images().is_sorted_by(|one, next| (one.cuda, &one.os) < (next.cuda, &next.os)),
        "sorted by CUDA and distribution"
    );
    for row in base_images() {
        assert!(row.cuda.patch.is_some(), "{row:?}");
        assert!(row.flavours.is_sorted() && row.cudnn_flavours.is_sorted(), "{row:?}");
        assert!(!row.flavours.is_empty(), "{row:?}");
        assert_eq!(row.cudnn_infix.is_some(), !row.cudnn_flavours.is_empty(), "{row:?}");
        assert!(row.cudnn.is_none() || row.cudnn_infix.is_some(), "{row:?}");
        assert!(!row.cudnn_flavours.contains(&Flavour::Base), "{row:?}");
    }
}

#[test]
fn every_tag_reads_back_and_is_found() {
    for row in base_images() {
        for tag in row.tags() {
            let read: CudaTag = tag.to_string().parse().unwrap();
            assert_eq!(read, tag);
            let expected =
                if row.is_deleted() { TagAnswer::Deleted(row) } else { TagAnswer::Real(row) };
            assert_eq!(look_up_tag(&tag), expected, "{tag}");
        }
    }
}

#[test]
fn the_infix_follows_the_rule() {
    for row in base_images() {
        let Some(infix) = &row.cudnn_infix else { continue };
        let patched = |text: &str| text.parse::<CudaVersion>().unwrap();
        let expected = if row.cuda < patched("12.3.0") {
            "cudnn8"
        } else if row.cuda < patched("12.4.0") {
            "cudnn9"
        } else {
            "cudnn"
        };
        assert_eq!(infix, expected, "{} {}", row.cuda, row.os);
        let number = infix.trim_start_matches("cudnn").parse::<u32>().ok();
        let major = row.cudnn.map(|cudnn| cudnn.major);
        assert!(number.is_none() || major.is_none() || number == major, "{row:?}");
    }
}

#[test]
fn answers() {
    let check = |tag: &str, expected: &str| {
        let answer = match look_up_tag(&tag.parse().unwrap()) {
            TagAnswer::Real(row) if row.state == TagState::Unverified => "unverified",
            TagAnswer::Real(_) => "real",
            TagAnswer::Deleted(_) => "deleted",
            TagAnswer::NotPublished => "not published",
            TagAnswer::NotInTable => "cannot say",
        };
        assert_eq!(answer, expected, "{tag}");
    };
    check("11.8.0-cudnn8-devel-ubuntu20.04", "real");
    check("11.8.0-cudnn8-base-ubuntu20.04", "not published");
    check("11.8.0-cudnn9-devel-ubuntu20.04", "not published");
    check("11.8.0-devel-ubuntu24.04", "not published");
    check("11.7.0-devel-ubuntu22.04", "deleted");
    check("11.9.0-devel-ubuntu22.04", "not published");
    check("12.6-devel-ubuntu22.04", "not published");
    check("12.7.0-devel-ubuntu22.04", "not published");
    check("12.4.0-devel-ubuntu22.04", "unverified");
    check("10.2-devel-ubuntu18.04", "not published");
    check("12.9.9-devel-ubuntu22.04", "cannot say");
    check("13.0.0-devel-ubuntu24.04", "real");
    check("13.4.0-devel-ubuntu24.04", "cannot say");
    check("13.3.0-devel-ubuntu26.04", "cannot say");
    check("12.6.3-devel-alpine3.20", "cannot say");
}

#[test]
fn nearest() {
    let check = |tag: &str, expected: &[&str]| {
        let near = nearest_tags(&tag.parse().unwrap(), expected.len());
        let near: Vec<String> = near.iter().map(ToString::to_string).collect();
        assert_eq!(near, expected, "{tag}");
    };
    check("12.4.1-cudnn9-devel-ubuntu22.04", &["12.4.1-cudnn-devel-ubuntu22.04"]);
    check("12.6-cudnn-devel-ubuntu22.04", &["12.6.3-cudnn-devel-ubuntu22.04"]);
    check("11.8-base-ubuntu20.04", &["11.8.0-base-ubuntu20.04", "11.8.0-base-ubuntu22.04"]);
    check("11.7.0-devel-ubuntu22.04", &["11.7.1-devel-ubuntu22.04"]);
    check("11.8.0-cudnn8-devel-ubuntu24.04", &["11.8.0-cudnn8-devel-ubuntu22.04"]);
    check("12.7.0-runtime-ubuntu24.04", &["12.8.1-runtime-ubuntu24.04"]);
    assert!(nearest_tags(&"9.0-devel-ubuntu16.04".parse().unwrap(), 3).len() == 3);
    assert!(nearest_tags(&"9.0-devel-ubuntu16.04".parse().unwrap(), 0).is_empty());
}

#[test]
fn nearest_tags_are_real() {
    for text in ["12.7.1-cudnn8-base-ubuntu23.10", "99.99.99-devel-x", "8.0-runtime-centos6"] {
        for tag in nearest_tags(&text.parse().unwrap(), 50) {
            assert!(matches!(look_up_tag(&tag), TagAnswer::Real(_)), "{tag}");
        }
    }
}

#[test]
fn tags_for_a_wish() {
    let check = |cuda: &str, cudnn: bool, flavour: &str, os: &str, expected: Option<&str>| {
        let got = tag_for(cuda.parse().unwrap(), cudnn, flavour.parse().unwrap(), os);
        assert_eq!(got.map(|tag| tag.to_string()).as_deref(), expected, "{cuda} {flavour} {os}");
    };
    check("11.8", true, "devel", "ubuntu20.04", Some("11.8.0-cudnn8-devel-ubuntu20.04"));
    check("12.3.2", true, "runtime", "ubuntu22.04", Some("12.3.2-cudnn9-runtime-ubuntu22.04"));
    check("12.8", false, "base", "ubuntu24.04", Some("12.8.1-base-ubuntu24.04"));
    check("12.8.0", false, "base", "ubuntu24.04", Some("12.8.0-base-ubuntu24.04"));
    check("12.8", true, "base", "ubuntu24.04", None);
    check("12.7", false, "base", "ubuntu24.04", None);
    check("11.8", false, "devel", "ubuntu24.04", None);
    check("12.1.0", true, "devel", "ubuntu18.04", None);
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_tag_or_an_error(text in ".{0,40}") {
        if let Ok(tag) = text.parse::<CudaTag>() {
            proptest::prop_assert_eq!(tag.to_string(), text);
        }
    }

    #[test]
    fn every_tag_has_an_answer_and_real_neighbours(
        text in "(9|1[0-9])\\.[1-9]?[0-9](\\.[0-9])?(-cudnn[0-9]?)?-(base|runtime|devel)-(ubuntu|ubi|x)[0-9.]{0,5}"
    ) {
        let tag: CudaTag = text.parse().unwrap();
        let answer = look_up_tag(&tag);
        for near in nearest_tags(&tag, 3) {
            proptest::prop_assert!(matches!(look_up_tag(&near), TagAnswer::Real(_)), "{}", near);
            proptest::prop_assert!(near != tag || matches!(answer, TagAnswer::Real(_)));
        }
    }
}
