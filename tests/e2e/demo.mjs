// `margind demo --seconds 60` while the usual ports are taken, judged by its
// summary and its exit code; then Ctrl-C, and what must be gone after it.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, finish, sleep, until } from './tally.mjs'

const MARGIND = process.env.MARGIND ?? 'build/margind'

function demo(args, dir) {
	const child = spawn(MARGIND, ['demo', '--dir', dir, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
	child.text = ''
	child.progress = ''
	child.stdout.on('data', (d) => { child.text += d })
	child.stderr.on('data', (d) => { child.progress += d })
	child.ended = new Promise((done) => child.once('close', (code, signal) => done({ code, signal })))
	return child
}

// Processes whose working directory is dir: every child of the demo's.
function living(dir) {
	return readdirSync('/proc').filter((p) => /^\d+$/.test(p)).filter((p) => {
		try {
			return readlinkSync(`/proc/${p}/cwd`) === dir
		} catch {
			return false
		}
	})
}

function occupy(port) {
	return new Promise((done) => {
		const s = createServer().once('error', () => done(null)).listen(port, '127.0.0.1', () => done(s))
	})
}

async function minute(dir) {
	// Taken by us, or by somebody else: either way not to be had.
	const held = [await occupy(8545), await occupy(8700)]
	const d = demo(['--seconds', '60'], dir)
	const { code } = await d.ended
	for (const s of held) s?.close()
	console.log(d.text)
	if (!expect(code === 0, `exit code ${code}`)) console.log(d.progress)
	const s = existsSync(join(dir, 'summary.json')) ? JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')) : null
	if (!expect(s?.passed, 'the summary says passed')) return
	expect(readFileSync(join(dir, 'summary.txt'), 'utf8').endsWith('demo passed\n'), 'as a text file, too')
	expect(JSON.stringify(JSON.parse(readFileSync('build/demo-summary.json', 'utf8'))) === JSON.stringify(s), 'and in build/')
	expect(s.liquidations.vaults >= 20, `${s.liquidations.vaults} vaults liquidated on chain`)
	expect(s.liquidations.untouched >= 100, `${s.liquidations.untouched} vaults untouched`)
	expect(['ETH', 'BTC'].every((a) => s.refusals.some((e) => e.asset === a && e.second >= 17 && e.second <= 20)), 'ETH and BTC refused')
	expect(['ETH', 'BTC'].every((a) => s.recoveries.some((e) => e.asset === a && e.second >= 21 && e.second <= 24)), 'and recovered')
	expect(s.refusals.every((e) => ['ETH', 'BTC'].includes(e.asset)), 'and nothing else was refused')
	expect(s.while_one_venue_lied.headers > 0 && s.while_one_venue_lied.not_ok === 0, 'nothing happened while one venue lied')
	expect(s.liquidations.before_the_crash === 0, 'no liquidation before the crash')
	const r = s.checked_by_reader
	expect(r.left_unhealthy === 0 && r.wrongly_taken === 0 && r.missed === 0, 'the reader is content')
	expect(r.should_be_liquidated === s.liquidations.vaults, 'exactly those that crossed')
	expect(s.tick_to_signed_us.p50 > 0 && s.tick_to_signed_us.p99 >= s.tick_to_signed_us.p50, 'tick-to-signed p50 and p99')
	const at = /dashboard +http:\/\/127\.0\.0\.1:(\d+)\//.exec(d.text)
	expect(at && at[1] !== '8700', 'the dashboard\'s address names a port that was free')
	expect((d.progress.match(/ETH .* liquidated \d+/g) ?? []).length >= 8, 'a line of progress each 5 s')
	expect(['signer.pass', 'gas.pass', 'bot.pass', 'signer.json', 'ca.key'].every((f) => (statSync(join(dir, f)).mode & 0o077) === 0),
		'secrets are the owner\'s alone')
	expect(living(dir).length === 0, 'no process is left')
}

async function interrupted(dir) {
	const d = demo([], dir)
	const up = await until(40_000, () => d.text.includes('dashboard'))
	expect(up, 'without --seconds it comes up')
	if (!up) console.log(d.progress)
	await sleep(1500)
	const before = living(dir).length
	expect(before >= 3, `${before} children live`)
	d.kill('SIGINT')
	const { code } = await d.ended
	expect(code === 0, `Ctrl-C ends it with ${code}`)
	expect(living(dir).length === 0, 'and every child')
	expect(!existsSync(join(dir, 'margind.sock')), 'and the control socket is gone')
}

async function usage() {
	for (const args of [['--seconds', 'soon'], ['--seconds', '10'], ['--port', '99999'], ['--fast']]) {
		const d = demo(args, '/nonexistent')
		const { code } = await d.ended
		expect(code === 2 && d.progress.trim().split('\n').length === 1, `${args.join(' ')}: one line, exit code ${code}`)
	}
}

const dirs = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'margind-demo-')))
try {
	await usage()
	await minute(dirs[0])
	await interrupted(dirs[1])
} catch (e) {
	expect(false, e.stack)
}
for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
process.exit(finish())
