//! The parts of the OpenAPI document that apply to every operation, so that no route repeats them.

use utoipa::openapi::{
    KnownFormat, OpenApi, RefOr, Required, Response, Schema,
    path::{Operation, Parameter, ParameterIn},
    schema::{Object, OneOf, SchemaFormat, SchemaType, Type},
};

/// Adds these parts to a document.
pub(super) fn complete(text: &mut OpenApi) {
    for item in text.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            optional_body(operation);
            optional_parameters(operation);
            errors(operation);
            describe(operation);
        }
    }
    let schemas = text.components.iter_mut().flat_map(|components| components.schemas.values_mut());
    schemas.for_each(|schema| times(schema, ""));
}

/// Removes `null` from the schema of an optional body: without a body, there is no `null` either.
fn optional_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    if body.required == Some(Required::True) {
        return;
    }
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(OneOf { items, .. }))) = &content.schema {
            content.schema = items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned();
        }
    }
}

/// Removes `null` from the types of optional parameters: text in a URL or header is never null.
fn optional_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(Parameter { schema: Some(RefOr::T(Schema::Object(schema))), .. }) = parameter else { continue };
        if let SchemaType::Array(types) = &schema.schema_type
            && let Some(only) = types.iter().find(|of| **of != Type::Null)
        {
            schema.schema_type = SchemaType::Type(only.clone());
        }
    }
}

/// Adds the errors that occur before or below a route, in the format of its other errors.
fn errors(operation: &mut Operation) {
    let Some(form) = operation.responses.responses.get("401").cloned() else { return };
    let places: Vec<_> = operation.parameters.iter().flatten().filter_map(place).collect();
    let mut expected = vec![("503", "Temporarily unavailable: retry the request")];
    if operation.request_body.is_some() {
        expected.push(("400", "The body is invalid"));
        expected.push(("413", "The body is too large"));
        expected.push(("415", "The body has a compression other than gzip"));
    }
    if places.contains(&ParameterIn::Query) {
        expected.push(("400", "A parameter is invalid"));
    }
    if places.contains(&ParameterIn::Path) {
        expected.push(("404", "Not found: check the id"));
    }
    for (status, description) in expected {
        let response = operation.responses.responses.entry(status.to_owned()).or_insert_with(|| form.clone());
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            description.clone_into(&mut response.description);
        }
    }
}

fn place(parameter: &RefOr<Parameter>) -> Option<ParameterIn> {
    match parameter {
        RefOr::T(parameter) => Some(parameter.parameter_in.clone()),
        RefOr::Ref(_) => None,
    }
}

/// Describes responses without a description: OpenAPI 3.1 requires one for each.
fn describe(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(Response { description, .. }) = response else { continue };
        if !description.is_empty() {
            continue;
        }
        let usual = match status.as_str() {
            "200" => "Done",
            "201" => "Created",
            "202" => "Accepted",
            "204" => "Deleted",
            "400" => "The request is invalid",
            "401" => "The API key is missing or invalid",
            "403" => "The API key has no permission for this",
            "404" => "Not found: check the id",
            "409" => "Changed by another request at the same time",
            status => panic!("status {status} has no description: add one here"),
        };
        usual.clone_into(description);
    }
}

/// Sets the format of times, which are always RFC 3339. Field names show which fields are times.
fn times(schema: &mut RefOr<Schema>, name: &str) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            if is_time(name) && is_text(object) && object.format.is_none() {
                object.format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
            }
            object.properties.iter_mut().for_each(|(name, schema)| times(schema, name));
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(|schema| times(schema, name)),
        Schema::OneOf(one) => one.items.iter_mut().for_each(|schema| times(schema, name)),
        _ => {}
    }
}

fn is_text(object: &Object) -> bool {
    match &object.schema_type {
        SchemaType::Type(only) => *only == Type::String,
        SchemaType::Array(several) => several.contains(&Type::String),
        SchemaType::AnyValue => false,
    }
}

fn is_time(name: &str) -> bool {
    ["_at", "At", "since", "Since"].iter().any(|end| name.ends_with(end))
        || ["at", "until", "timestamp"].contains(&name)
}
