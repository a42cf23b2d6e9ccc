// Counting for the end-to-end tests: one line a check, a last one for tests/run.
let passed = 0, failed = 0

export function expect(is, text) {
	if (is) passed++
	else failed++
	console.log(`${is ? 'ok  ' : 'FAIL'} ${text}`)
	return is
}

export function finish() {
	console.log(`${passed} passed, ${failed} failed`)
	return failed === 0 && passed > 0 ? 0 : 1
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// Asks until the answer is true, or the time is over: the last answer.
export async function until(ms, ask) {
	const end = Date.now() + ms
	for (;;) {
		const answer = await ask()
		if (answer || Date.now() > end) return answer
		await sleep(100)
	}
}
