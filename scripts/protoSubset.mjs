import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Nobody here needs these; others have types of the same names. */
const WITHOUT = ['.temporal.api.cloud', '.grpc.gateway'];

/**
 * Temporal's protocol as JSON, for those parts of it that any of `programs`, the texts of JavaScript files, names:
 * half of it. Each process that talks to a server builds what there is before its first call.
 * A type is named by its simple name, a method of a service by its own, and what a kept type holds is kept.
 * @param packages where the packages are installed.
 */
export function protoSubset(packages, programs) {
  const require = createRequire(path.join(packages, '@temporalio/proto/package.json'));
  const { Enum, Namespace, Service, Type } = require('protobufjs/light');
  const root = require(path.join(packages, '@temporalio/proto/protos/json-module.js'));
  const words = new Set(programs.flatMap((text) => text.match(/\w+/g) ?? []));
  const named = ({ name }) => words.has(name) || words.has(name[0].toLowerCase() + name.slice(1));
  const kept = new Set();

  function keep(type) {
    if (kept.has(type)) return;
    for (let each = type; each; each = each.parent) kept.add(each);
    if (type instanceof Type) for (const { resolvedType } of type.fieldsArray) if (resolvedType) keep(resolvedType);
    if (type instanceof Service)
      for (const method of type.methodsArray.filter(named)) {
        keep(method.resolvedRequestType);
        keep(method.resolvedResponseType);
      }
  }

  function look(namespace) {
    for (const each of namespace.nestedArray) {
      if (WITHOUT.includes(each.fullName)) continue;
      const typed = each instanceof Type || each instanceof Enum || each instanceof Service;
      if (typed && named(each)) keep(each);
      if (each instanceof Namespace) look(each);
    }
  }

  function prune(json, object) {
    for (const each of object.nestedArray ?? []) {
      if (kept.has(each)) prune(json.nested[each.name], each);
      else delete json.nested[each.name];
    }
    if (object instanceof Service)
      for (const method of object.methodsArray) if (!named(method)) delete json.methods[method.name];
    return json;
  }

  root.resolveAll();
  look(root);
  return prune(root.toJSON(), root);
}

/** The texts of all JavaScript files of a folder, packages that lie in it left out. */
export function programsIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : programsIn(file);
    return /\.c?js$/.test(entry.name) ? [readFileSync(file, 'utf8')] : [];
  });
}
