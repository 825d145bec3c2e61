//! JSON bodies, compared by structure.

use serde_json::Value;

use super::differences::Differences;
use super::relations::Relations;

/// Compares two values. The place of a difference is the path of keys to it.
pub(super) fn compare(
    place: &str,
    recorded: &Value,
    ours: &Value,
    time: f64,
    relations: &mut Relations,
    differences: &mut Differences<'_>,
) {
    match (recorded, ours) {
        (Value::Object(theirs), Value::Object(own)) => {
            for key in own.keys().filter(|key| !theirs.contains_key(*key)) {
                differences.add(&format!("{place}.{key}"), "is there but was not".into());
            }
            for (key, value) in theirs {
                let place = format!("{place}.{key}");
                match own.get(key) {
                    None => differences.add(&place, "is missing".into()),
                    Some(ours) => compare(&place, value, ours, time, relations, differences),
                }
            }
        }
        (Value::Array(theirs), Value::Array(own)) => {
            if theirs.len() != own.len() {
                let text = format!("{} elements instead of {}", own.len(), theirs.len());
                differences.add(place, text);
            }
            for (index, (value, ours)) in theirs.iter().zip(own).enumerate() {
                compare(&format!("{place}[{index}]"), value, ours, time, relations, differences);
            }
        }
        _ if std::mem::discriminant(recorded) != std::mem::discriminant(ours) => {
            differences.add(place, format!("{ours} instead of {recorded}"));
        }
        _ => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), Into::into);
            if let Err(text) = relations.compare(place, &text(recorded), &text(ours), time) {
                differences.add(place, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_keys_and_lengths_count() {
        let mut list = Vec::new();
        let mut differences = Differences::new("s", 1, &mut list);
        compare(
            "body",
            &json!({"a": 1, "b": "1", "c": [1, 2], "d": null}),
            &json!({"a": "1", "b": "1", "c": [1], "e": null}),
            0.0,
            &mut Relations::default(),
            &mut differences,
        );
        let places: Vec<_> = list.iter().map(|difference| difference.place.as_str()).collect();
        assert_eq!(places, ["body.e", "body.a", "body.c", "body.d"]);
    }
}
