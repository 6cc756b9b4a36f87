// The visit form: filled for one person, read into a note, checked for what its outcome asks for.
import { shrunk } from "../shrink.js";

const BIGGEST_SIDE = 1600;

export function openForm(form, person, door) {
  form.reset();
  form.dataset.entry = person.entry;
  form.dataset.owed = person.owed ?? "";
  const others = door.people.filter((one) => one.entry !== person.entry && one.campaign === person.campaign);
  const also = form.querySelector("#also");
  also.replaceChildren(...others.map(sameFor));
  const speakers = form.querySelector("#spoke-with");
  speakers.replaceChildren(speakers.options[0], ...person.speakers.map(([id, label]) => new Option(label, id)));
  const later = form.querySelector("details");
  if (later) later.open = false;
}

function sameFor(mate) {
  const label = document.createElement("label");
  label.className = "form-check stairs-page__also";
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "also", value: mate.entry });
  box.className = "form-check-input";
  label.append(box, ` + ${mate.name}`);
  return label;
}

// Returns the names of fields that the outcome asks for and that are empty.
export function missing(form, needs) {
  const data = new FormData(form);
  const outcome = data.get("outcome");
  if (!outcome) return ["outcome"];
  return (needs[outcome] ?? []).filter((name) => !String(data.get(name) ?? "").trim());
}

export function readFields(form) {
  const fields = [...new FormData(form)].filter(([name, value]) => name !== "photo" && value !== "");
  fields.push(["entry_id", form.dataset.entry]);
  // The message that could not be sent is said at the door.
  if (form.dataset.owed) fields.push(["message_id", form.dataset.owed]);
  return fields;
}

// Returns the photo made small enough to travel, as JPEG bytes, or null.
export async function readPhoto(form) {
  const file = form.querySelector("[name=photo]").files[0];
  if (!file) return null;
  const small = await shrunk(file, BIGGEST_SIDE);
  return small.arrayBuffer();
}
