// One reading of the API, or the reason why there is none.

import type { Problem } from "./types";

export class ReadError extends Error {}

/** The answer of a GET under /api/v1; ReadError with a sentence for people where there is none. */
export async function read<Told>(path: string, signal?: AbortSignal): Promise<Told> {
  const answer = await reach(path, signal);
  const told: unknown = await answer.json().catch(() => null);
  if (answer.ok && told != null) return told as Told;
  throw new ReadError((told as Problem | null)?.detail ?? `the server answered ${answer.status}`);
}

async function reach(path: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(`/api/v1/${path}`, signal ? { signal } : {});
  } catch (error) {
    if (error instanceof TypeError) throw new ReadError("the page's server does not answer");
    throw error;
  }
}
