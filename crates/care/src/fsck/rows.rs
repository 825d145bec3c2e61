//! The rows of the tree, among themselves.

use allmende_sql::{Engine, Snapshot, Statement, Value, params};

use super::{Kind, Outcome, repair, survey::Survey};
use crate::Result;

/// How many problems are read at once.
const PAGE: i64 = 500;

/// A question to the tables. The first column of its answer is the key of what is wrong,
/// behind which it goes on; the second, if there is one, says more.
struct Question {
    kind: Kind,
    /// What the key is the key of.
    about: &'static str,
    /// `$1` is the last key, `$2` the number of rows.
    select: &'static str,
    repair: Option<&'static str>,
}

const fn question(kind: Kind, about: &'static str, select: &'static str) -> Question {
    Question { kind, about, select, repair: None }
}

impl Question {
    /// `$1` is the key, `$2` the present.
    const fn repaired_by(self, repair: &'static str) -> Self {
        Self { repair: Some(repair), ..self }
    }
}

/// Rows of a table whose column names something that is not there.
#[rustfmt::skip]
macro_rules! dangling {
    ($about:literal, $table:literal, $column:literal, $of:literal) => {
        question(
            Kind::Dangling,
            $about,
            concat!(
                "SELECT t.", $column, " FROM ", $table, " t WHERE t.", $column, " > $1 \
                 AND NOT EXISTS (SELECT 1 FROM ", $of, " o WHERE o.id = t.", $column, ") \
                 GROUP BY t.", $column, " ORDER BY t.", $column, " LIMIT $2"
            ),
        )
        .repaired_by(concat!(
            "DELETE FROM ", $table, " WHERE ", $column, " = $1 \
             AND NOT EXISTS (SELECT 1 FROM ", $of, " o WHERE o.id = ", $table, ".", $column, ")"
        ))
    };
}

// A folder without parent and without space was removed, and is being cleared.
const FOLDER_SIZES: Question = question(
    Kind::FolderSize,
    "folder",
    "SELECT id, CAST(size AS text) || ' bytes instead of ' || CAST(members AS text) FROM (\
         SELECT n.id AS id, n.size AS size, COALESCE((SELECT CAST(sum(c.size) AS BIGINT) \
         FROM nodes c WHERE c.parent = n.id), 0) AS members FROM nodes n \
         WHERE n.kind = 0 AND n.id > $1 AND (n.parent IS NOT NULL OR n.space IS NOT NULL)) AS f \
         WHERE size <> members ORDER BY id LIMIT $2",
)
.repaired_by(
    "UPDATE nodes SET size = COALESCE((SELECT CAST(sum(c.size) AS BIGINT) FROM nodes c \
         WHERE c.parent = $1), 0) WHERE id = $1 AND kind = 0",
);

const SPACES_USED: Question = question(
    Kind::SpaceUsed,
    "space",
    "SELECT s.id, CAST(s.used AS text) || ' bytes instead of ' || CAST(n.size AS text) \
         FROM spaces s JOIN nodes n ON n.id = s.root WHERE s.id > $1 AND s.used <> n.size \
         ORDER BY s.id LIMIT $2",
)
.repaired_by(
    "UPDATE spaces SET used = (SELECT n.size FROM nodes n WHERE n.id = spaces.root) \
         WHERE id = $1 AND EXISTS (SELECT 1 FROM nodes n WHERE n.id = spaces.root)",
);

const OTHERS: [Question; 12] = [
    question(
        Kind::Revision,
        "folder",
        "SELECT n.id, 'revision ' || CAST(n.revision AS text) FROM nodes n \
             WHERE n.kind = 0 AND n.id > $1 AND (n.parent IS NOT NULL OR n.space IS NOT NULL) \
             AND EXISTS (SELECT 1 FROM nodes c WHERE c.parent = n.id AND c.revision > n.revision) \
             ORDER BY n.id LIMIT $2",
    ),
    question(
        Kind::Revision,
        "space",
        "SELECT s.id, 'revision ' || CAST(s.revision AS text) FROM spaces s \
             JOIN nodes n ON n.id = s.root WHERE s.id > $1 AND s.revision < n.revision \
             ORDER BY s.id LIMIT $2",
    ),
    question(
        Kind::Parent,
        "node",
        "SELECT n.id, 'in ' || CAST(n.parent AS text) FROM nodes n \
             WHERE n.parent IS NOT NULL AND n.id > $1 \
             AND NOT EXISTS (SELECT 1 FROM nodes p WHERE p.id = n.parent AND p.kind = 0) \
             ORDER BY n.id LIMIT $2",
    ),
    question(
        Kind::Root,
        "space",
        "SELECT s.id, 'root ' || CAST(s.root AS text) FROM spaces s \
             WHERE s.root IS NOT NULL AND s.id > $1 AND NOT EXISTS (SELECT 1 FROM nodes n \
             WHERE n.id = s.root AND n.space = s.id AND n.parent IS NULL AND n.kind = 0) \
             ORDER BY s.id LIMIT $2",
    ),
    question(
        Kind::Root,
        "node",
        "SELECT n.id, 'of space ' || CAST(n.space AS text) FROM nodes n \
             WHERE n.space IS NOT NULL AND n.id > $1 AND NOT EXISTS \
             (SELECT 1 FROM spaces s WHERE s.id = n.space AND s.root = n.id) \
             ORDER BY n.id LIMIT $2",
    ),
    question(
        Kind::Segments,
        "file",
        "SELECT n.id, CAST(n.segments AS text) || ' segments of ' || \
             CAST(n.size AS text) || ' bytes' FROM nodes n WHERE n.kind = 1 AND n.id > $1 AND (\
             (n.segments = 0 AND (n.content IS NOT NULL OR n.size <> 0)) \
             OR (n.segments > 0 AND n.content IS NULL) \
             OR (n.segments > 1 AND (n.segments <> \
             (SELECT count(*) FROM segments s WHERE s.content = n.content) \
             OR n.size <> COALESCE((SELECT CAST(sum(s.size) AS BIGINT) FROM segments s \
             WHERE s.content = n.content), 0)))) ORDER BY n.id LIMIT $2",
    ),
    dangling!("properties of node", "properties", "node", "nodes"),
    dangling!("locks of node", "locks", "node", "nodes"),
    dangling!("changes of space", "changes", "space", "spaces"),
    // The collector takes it apart.
    question(
        Kind::Dangling,
        "segments of content",
        "SELECT s.content FROM segments s WHERE s.content > $1 \
             AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.content = s.content) \
             AND NOT EXISTS (SELECT 1 FROM garbage g WHERE g.blob = s.content) \
             GROUP BY s.content ORDER BY s.content LIMIT $2",
    )
    .repaired_by(
        "INSERT INTO garbage (blob, since, condemned) SELECT $1, $2, 0 \
             WHERE NOT EXISTS (SELECT 1 FROM nodes n WHERE n.content = $1) \
             ON CONFLICT (blob) DO NOTHING",
    ),
    question(
        Kind::Condemned,
        "content",
        "SELECT g.blob FROM garbage g WHERE g.blob > $1 AND g.condemned <> 0 \
             AND (EXISTS (SELECT 1 FROM nodes n WHERE n.content = g.blob) \
             OR EXISTS (SELECT 1 FROM segments s WHERE s.blob = g.blob)) \
             ORDER BY g.blob LIMIT $2",
    )
    .repaired_by(
        "DELETE FROM garbage WHERE blob = $1 \
             AND (EXISTS (SELECT 1 FROM nodes n WHERE n.content = garbage.blob) \
             OR EXISTS (SELECT 1 FROM segments s WHERE s.blob = garbage.blob))",
    ),
    question(
        Kind::NextId,
        "node",
        "SELECT n.id FROM (SELECT max(id) AS id FROM nodes) AS n WHERE n.id > $1 \
             AND n.id >= (SELECT value FROM numbers WHERE name = 'next_id') LIMIT $2",
    )
    .repaired_by("UPDATE numbers SET value = $1 + 1 WHERE name = 'next_id' AND value <= $1"),
];

/// Keys of these questions are the bytes of blob ids.
fn first_key(question: &Question) -> Value {
    if question.about.ends_with("content") { Value::Blob(Vec::new()) } else { Value::Int(-1) }
}

pub(super) async fn check(survey: &mut Survey<'_>, snapshot: &Snapshot) -> Result<()> {
    integrity(survey, snapshot).await?;
    circles(survey, snapshot).await?;
    folder_sizes(survey, snapshot).await?;
    if survey.repairs() {
        // The sums of folders may be others by now.
        let repaired = survey.subject.sql.snapshot().await?;
        ask(survey, &repaired, &SPACES_USED).await?;
    } else {
        ask(survey, snapshot, &SPACES_USED).await?;
    }
    for question in &OTHERS {
        ask(survey, snapshot, question).await?;
    }
    Ok(())
}

async fn integrity(survey: &mut Survey<'_>, snapshot: &Snapshot) -> Result<()> {
    if snapshot.engine() == Engine::Sqlite {
        let rows = snapshot.read(Statement::new("PRAGMA integrity_check(100)", params![])).await?;
        for row in rows.iter() {
            let text = row.text(0)?;
            if text != "ok" {
                survey.tell(Kind::Database, text.to_owned(), Outcome::Found);
            }
        }
    }
    Ok(())
}

/// A folder whose member's size is wrong is wrong itself. So they are told once, and
/// repaired again and again until all sums agree: as often as the tree is deep.
async fn folder_sizes(survey: &mut Survey<'_>, snapshot: &Snapshot) -> Result<()> {
    ask(survey, snapshot, &FOLDER_SIZES).await?;
    while survey.repairs() {
        let now = survey.subject.sql.snapshot().await?;
        let wrong = page(&now, &FOLDER_SIZES, Value::Int(-1)).await?;
        if wrong.is_empty() {
            break;
        }
        for (key, _) in wrong {
            fix(survey, &FOLDER_SIZES, key).await?;
        }
    }
    Ok(())
}

async fn ask(survey: &mut Survey<'_>, snapshot: &Snapshot, question: &Question) -> Result<()> {
    let mut after = first_key(question);
    loop {
        let found = page(snapshot, question, after.clone()).await?;
        let Some((last, _)) = found.last() else { return Ok(()) };
        after = last.clone();
        for (key, detail) in found {
            let colon = if detail.is_empty() { "" } else { ": " };
            let what = format!("{} {}{colon}{detail}", question.about, shown(&key));
            let outcome =
                if fix(survey, question, key).await? { Outcome::Repaired } else { Outcome::Found };
            survey.tell(question.kind, what, outcome);
        }
    }
}

async fn page(
    snapshot: &Snapshot,
    question: &Question,
    after: Value,
) -> Result<Vec<(Value, String)>> {
    let rows = snapshot.read(Statement::new(question.select, vec![after, PAGE.into()])).await?;
    let problem = |row: allmende_sql::Row<'_>| -> Result<(Value, String)> {
        let detail = if rows.columns() > 1 { row.text(1)?.to_owned() } else { String::new() };
        Ok((row.value(0), detail))
    };
    rows.iter().map(problem).collect()
}

/// Whether it was repaired.
async fn fix(survey: &Survey<'_>, question: &Question, key: Value) -> Result<bool> {
    let Some(text) = question.repair.filter(|_| survey.repairs()) else { return Ok(false) };
    let mut values = vec![key];
    if text.contains("$2") {
        values.push(survey.now.unix().into());
    }
    repair::run(survey, Statement::new(text, values)).await
}

fn shown(key: &Value) -> String {
    match key {
        Value::Int(number) => number.to_string(),
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::Text(text) => text.clone(),
        Value::Null => String::new(),
    }
}

const REACHED: &str = "WITH RECURSIVE down(id) AS (\
     SELECT id FROM nodes WHERE parent IS NULL AND kind = 0 UNION ALL \
     SELECT n.id FROM down CROSS JOIN nodes n WHERE n.parent = down.id AND n.kind = 0)";

/// Folders that no root leads to, though each has a folder that is there.
async fn circles(survey: &mut Survey<'_>, snapshot: &Snapshot) -> Result<()> {
    let select = format!(
        "{REACHED} SELECT (SELECT count(*) FROM down), (SELECT count(*) FROM nodes WHERE kind = 0)"
    );
    let counts = snapshot.read(Statement::new(select, params![])).await?;
    let counts = counts.one()?;
    if counts.int(0)? == counts.int(1)? {
        return Ok(());
    }
    // Rare, so it may take its time. What hangs below a gap is told with the gap.
    let select = format!(
        "{REACHED}, gap(id) AS (\
         SELECT n.id FROM nodes n WHERE n.kind = 0 AND n.parent IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM nodes p WHERE p.id = n.parent AND p.kind = 0) UNION ALL \
         SELECT n.id FROM gap CROSS JOIN nodes n WHERE n.parent = gap.id AND n.kind = 0) \
         SELECT n.id, n.parent FROM nodes n WHERE n.kind = 0 \
         AND n.id NOT IN (SELECT id FROM down) AND n.id NOT IN (SELECT id FROM gap) \
         ORDER BY n.id LIMIT 1000"
    );
    for row in snapshot.read(Statement::new(select, params![])).await?.iter() {
        let what = format!("folder {} in {}", row.int(0)?, row.int(1)?);
        survey.tell(Kind::Circle, what, Outcome::Found);
    }
    Ok(())
}
