// The whole house on one machine: four simulated exchanges, anvil, the clearing
// contract with 200 vaults, margind, and the liquidation bot.  `margind demo`
// starts it; README.md in this folder says what is to be seen.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './check.mjs'
import { deploy } from './deploy.mjs'
import { Observer, summary, summaryText } from './observe.mjs'
import { CHAIN_ID, Refusal, Stage, config, freePort, root, shown, sleep } from './stage.mjs'
import { ASSETS, BOOK, SEED, bookFile, script as makeScript } from './world.mjs'

const LEAD_MS = 5000 // from the exchanges' start to the script's second 0
const READY_SECOND = 9 // the script's first event is at 10
const SECONDS_MIN = 45 // the crash, and time to liquidate

const say = (text) => process.stderr.write(`${text}\n`)

async function untilReady(observer, deadline) {
	let last
	while (Date.now() < deadline) {
		last = await observer.ready()
		if (last.status === 200) return
		await sleep(100)
	}
	throw new Refusal(`margind is not ready in time: ${(last?.body?.reasons ?? ['no answer']).join('; ')}`)
}

async function build(stage, port) {
	const { dir } = stage
	say('keys and certificates')
	stage.certificates()
	const [signer, gas, bot] = ['signer', 'gas', 'bot'].map((name) => stage.newKey(name))
	say('anvil, tokens, the clearing contract, 200 vaults')
	const rpc = await stage.startAnvil()
	const world = await deploy({ url: rpc, chainId: CHAIN_ID, signer, funded: [gas, bot], seed: SEED })
	writeFileSync(join(dir, 'book.json'), JSON.stringify(bookFile(CHAIN_ID, world.tokens), null, '\t'))
	say('four exchanges')
	const script = makeScript(SEED)
	const at = Date.now() + LEAD_MS
	const ports = await stage.startExchanges(script, at)
	const listen = `127.0.0.1:${await freePort(port)}`
	writeFileSync(join(dir, 'margind.yaml'), config({ ports, rpc, clearing: world.clearing, listen }))
	const api = `http://${listen}`
	writeFileSync(join(dir, 'demo.json'), JSON.stringify({ book: BOOK, rpc, api, start: at, signer,
		clearing: world.clearing, bases: ASSETS.map((a) => a.price) }, null, '\t'))
	stage.initState()
	say('margind')
	stage.start('margind', stage.margind, ['run', '--config', 'margind.yaml'])
	const observer = new Observer({ api, rpc, clearing: world.clearing, rulesHash: world.rulesHash, signer, gas, script, start: at })
	await untilReady(observer, at + READY_SECOND * 1000)
	stage.start('bot', process.execPath, [join(root, 'examples', 'liquidation-bot', 'bot.mjs'), '--api', api, '--rpc', rpc,
		'--keystore', 'bot.json', '--password-file', 'bot.pass'])
	return { observer, api, rpc, clearing: world.clearing, script, at }
}

function showProgress(observer) {
	const tty = process.stderr.isTTY
	return setInterval(() => {
		const columns = process.stderr.columns || 200
		const text = observer.line(tty && columns < 160)
		process.stderr.write(tty ? `\r\x1b[K${text.slice(0, columns - 1)}` : `${text}\n`)
	}, tty ? 250 : 5000)
}

async function finish({ observer, rpc, clearing, script, at }, dir, seconds) {
	const result = await check({ rpc, clearing, script, start: at, bases: ASSETS.map((a) => a.price) })
	const s = summary(observer, result, seconds)
	const lines = `${summaryText(s)}\n`
	for (const [folder, name] of [[dir, 'summary'], [join(root, 'build'), 'demo-summary']]) {
		writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(s, null, '\t')}\n`)
		writeFileSync(join(folder, `${name}.txt`), lines)
	}
	process.stdout.write(lines)
	return s.passed ? 0 : 1
}

function options() {
	const text = { type: 'string' }
	try {
		const { values } = parseArgs({ options: { margind: text, seconds: { ...text, default: '0' },
			port: { ...text, default: '8700' }, dir: text } })
		const [seconds, port] = [Number(values.seconds), Number(values.port)]
		if (!values.margind) throw new Error('run it as `margind demo`')
		if (!Number.isInteger(seconds) || (seconds !== 0 && seconds < SECONDS_MIN) || seconds > 86400)
			throw new Error(`--seconds takes 0 (until Ctrl-C) or ${SECONDS_MIN} to 86400: the crash ends at second 30`)
		if (!Number.isInteger(port) || port > 65535) throw new Error('--port takes a port number')
		return { margind: resolve(values.margind), seconds, port,
			dir: resolve(values.dir ?? join(root, 'build', `demo-${process.pid}`)) }
	} catch (e) {
		say(`margind demo: ${e.message}`)
		process.exit(2)
	}
}

async function run(stage, o) {
	mkdirSync(o.dir, { recursive: true, mode: 0o700 })
	if (readdirSync(o.dir).length > 0) throw new Refusal(`${shown(o.dir)} is not empty`)
	mkdirSync(join(root, 'build'), { recursive: true })
	const world = await build(stage, o.port)
	process.stdout.write(`dashboard       ${world.api}/\nfiles and logs  ${shown(o.dir)}\n`)
	world.observer.run()
	const progress = showProgress(world.observer)
	try {
		if (o.seconds === 0) await new Promise(() => {})
		await sleep(world.at + o.seconds * 1000 - Date.now())
	} finally {
		clearInterval(progress)
		if (process.stderr.isTTY) process.stderr.write('\n')
		world.observer.stop()
	}
	return finish(world, o.dir, o.seconds)
}

const o = options()
let code, fail
const ended = new Promise((_, reject) => { fail = reject })
const stage = new Stage({ margind: o.margind, dir: o.dir, died: fail })
const interrupted = new Promise((done) => {
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => done(name))
})
try {
	code = await Promise.race([run(stage, o), ended, interrupted.then((name) => {
		say(`\nstopping (${name})`)
		// Without an end of its own this is how it ends.
		return o.seconds === 0 && name === 'SIGINT' ? 0 : 130
	})])
} catch (e) {
	say(`\nmargind demo: ${e instanceof Refusal ? e.message : e.stack}`)
	code = 1
}
await stage.stop()
process.exit(code)
