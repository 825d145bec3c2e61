//! What people choose for applications: a few keys, each with its own form of values.

use allmende_ocs::{
    Nothing, OcsError, Reply,
    endpoints::preferences::{ByKey, ByKeys, NewValue, NewValues},
};

use super::{Call, Outcome, unavailable};

/// Whether a value is one that people may choose for a key.
fn is_valid(app: &str, key: &str, value: &str) -> bool {
    match (app, key) {
        ("theming", "primary_color") => is_colour(value),
        ("theming", "force_enable_blur_filter") => matches!(value, "yes" | "no"),
        ("theming", "shortcuts_disabled") | ("dav", "user_status_automation") => value == "yes",
        ("core", "apporder") => is_order(value),
        _ => false,
    }
}

/// Whether people may choose anything for a key.
fn is_known(app: &str, key: &str) -> bool {
    matches!(
        (app, key),
        ("theming", "primary_color" | "force_enable_blur_filter" | "shortcuts_disabled")
            | ("core", "apporder")
            | ("dav", "user_status_automation")
    )
}

/// `#rgb` or `#rrggbb`.
fn is_colour(value: &str) -> bool {
    value.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// `{"files":{"order":1}}`, with `app` beside the number where that is another than the id.
fn is_order(value: &str) -> bool {
    let Ok(order) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(value)
    else {
        return false;
    };
    order.len() <= 100
        && order.values().all(|place| {
            place.as_object().is_some_and(|place| {
                place.get("order").is_some_and(serde_json::Value::is_i64)
                    && place.iter().all(|(key, value)| match key.as_str() {
                        "order" => true,
                        "app" => value.is_string(),
                        _ => false,
                    })
            })
        })
}

fn refused() -> OcsError {
    OcsError::bad_request("")
}

pub(super) async fn set(call: &Call<'_>, input: NewValue) -> Outcome<Nothing> {
    change(call, &input.app_id, vec![(input.config_key, Some(input.config_value))]).await
}

pub(super) async fn set_many(call: &Call<'_>, input: NewValues) -> Outcome<Nothing> {
    let values = input.configs.iter().map(|(key, value)| (key.to_owned(), Some(value.clone())));
    change(call, &input.app_id, values.collect()).await
}

pub(super) async fn delete(call: &Call<'_>, input: ByKey) -> Outcome<Nothing> {
    change(call, &input.app_id, vec![(input.config_key, None)]).await
}

pub(super) async fn delete_many(call: &Call<'_>, input: ByKeys) -> Outcome<Nothing> {
    let keys = input.config_keys.into_iter().map(|key| (key, None));
    change(call, &input.app_id, keys.collect()).await
}

/// Changes all or none.
async fn change(
    call: &Call<'_>,
    app: &str,
    values: Vec<(String, Option<String>)>,
) -> Outcome<Nothing> {
    let mut changes = Vec::with_capacity(values.len());
    for (key, value) in &values {
        let accepted = match value {
            Some(value) => is_valid(app, key, value),
            None => is_known(app, key),
        };
        if !accepted {
            return Err(refused());
        }
        changes.push((key.as_str(), value.as_deref()));
    }
    let set = call.inner.sharing.set_preferences(&call.who()?.person.id, app, &changes).await;
    set.map_err(|error| if error.is_retryable() { unavailable(error) } else { refused() })?;
    Ok(Reply::new(Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_form() {
        for (app, key, value) in [
            ("theming", "primary_color", "#0b4"),
            ("theming", "primary_color", "#0b4F3a"),
            ("theming", "force_enable_blur_filter", "no"),
            ("core", "apporder", r#"{"files":{"order":-1},"x":{"order":2,"app":"y"}}"#),
            ("core", "apporder", "{}"),
            ("dav", "user_status_automation", "yes"),
        ] {
            assert!(is_valid(app, key, value) && is_known(app, key), "{app} {key} {value}");
        }
        for (app, key, value) in [
            ("theming", "primary_color", "red"),
            ("theming", "primary_color", "#0b4f"),
            ("theming", "shortcuts_disabled", "no"),
            ("core", "apporder", "[]"),
            ("core", "apporder", r#"{"files":{"order":"1"}}"#),
            ("core", "apporder", r#"{"files":{"order":1,"href":"javascript:"}}"#),
            ("core", "lang", "de"),
            ("files", "primary_color", "#fff"),
        ] {
            assert!(!is_valid(app, key, value), "{app} {key} {value}");
        }
    }
}
