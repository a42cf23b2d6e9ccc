#!/usr/bin/env node
// forge wants a solc executable; this one is the npm package, so that a build
// needs no download of a native compiler.
const solc = require('solc')
const fs = require('fs')
const path = require('path')

const args = process.argv.slice(2)
if (args.includes('--version')) {
	const version = solc.version().replace('.Emscripten.clang', '.Linux.g++')
	console.log('solc, the solidity compiler commandline interface\nVersion: ' + version)
	process.exit(0)
}
const base = args.indexOf('--base-path')
const roots = [base < 0 ? '.' : args[base + 1], process.cwd()]
function load(name) {
	for (const root of roots) {
		try {
			return { contents: fs.readFileSync(path.resolve(root, name), 'utf8') }
		} catch (_) { /* the next root */ }
	}
	return { error: 'not found: ' + name }
}
process.stdout.write(solc.compile(fs.readFileSync(0, 'utf8'), { import: load }))
