// Requests to the server that this page came from.

const remembered = (key, make) => {
  const value = localStorage.getItem(key) ?? make();
  localStorage.setItem(key, value);
  return value;
};

const random = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

// The pictures of this browser: whoever does not know the name cannot see the list.
export const list = remembered("srcli-list", random);

export const setToken = (token) => localStorage.setItem("srcli-token", token);

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  setToken(given);
  history.replaceState(null, "", location.pathname);
}

export class Refused extends Error {
  constructor(status, failure) {
    super([failure.message, failure.hint].filter(Boolean).join(" "));
    this.status = status;
  }
}

export const ask = async (path, options = {}) => {
  const token = localStorage.getItem("srcli-token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Refused(0, { message: "The server does not answer.", hint: "Is it still running?" });
  }
  if (!answer.ok) {
    const failure = await answer.json().catch(() => ({ message: `The server said ${answer.status}.` }));
    throw new Refused(answer.status, failure);
  }
  return answer;
};

export const askJson = async (path, options) => (await ask(path, options)).json();

export const query = (values) => new URLSearchParams(values).toString();

// Call `tell(name, value)` for every event of a stream until the connection ends.
export const listen = async (path, tell) => {
  const answer = await ask(path);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const found = part.match(/^event: (.*)\ndata: (.*)$/);
      if (found) {
        tell(found[1], JSON.parse(found[2]));
      }
    }
  }
};

export const save = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};
