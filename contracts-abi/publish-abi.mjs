// Publishes what others need of the contracts: contracts-abi/abi/NAME.json holds
// the ABI and the creation bytecode, keys sorted, so that an unchanged contract
// gives an unchanged file.  Run after `forge build`; with --check it compares
// and exits 1 instead of writing.
import { readFileSync, writeFileSync, mkdirSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const forge = join(here, '..', 'build', 'forge')
const check = process.argv.includes('--check')

function artifact(file, name) {
	return JSON.parse(readFileSync(join(forge, `${file}.sol`, `${name}.json`), 'utf8'))
}

function sorted(value) {
	if (Array.isArray(value)) return value.map(sorted)
	if (value === null || typeof value !== 'object') return value
	return Object.fromEntries(Object.keys(value).sort().map((k) => [k, sorted(value[k])]))
}

function key(item) {
	const inputs = (item.inputs ?? []).map((i) => i.type).join(',')
	return `${item.type} ${item.name ?? ''}(${inputs})`
}

// errorsFrom: artifacts whose errors also reach a caller, through a call.
function publish(file, name, errorsFrom) {
	const main = artifact(file, name)
	const items = new Map(main.abi.map((item) => [key(item), item]))
	for (const other of errorsFrom)
		for (const item of artifact(other, other).abi)
			if (item.type === 'error') items.set(key(item), item)
	const abi = [...items.keys()].sort().map((k) => items.get(k))
	if (main.bytecode.object.includes('__'))
		throw new Error(`${name}: bytecode has unlinked libraries`)
	const text = JSON.stringify(sorted({
		abi, bytecode: main.bytecode.object, contractName: name,
	}), null, '\t') + '\n'
	const path = join(here, 'abi', `${name}.json`)
	const old = existsSync(path) ? readFileSync(path, 'utf8') : ''
	if (old === text) return
	if (check) {
		console.error(`contracts-abi/abi/${name}.json is not what the sources give: run make contracts`)
		process.exitCode = 1
		return
	}
	mkdirSync(dirname(path), { recursive: true })
	writeFileSync(path, text)
	console.log(`contracts-abi/abi/${name}.json written`)
}

publish('MarginClearing', 'MarginClearing', ['Registrar', 'MarginPool'])
publish('MockERC20', 'MockERC20', [])
