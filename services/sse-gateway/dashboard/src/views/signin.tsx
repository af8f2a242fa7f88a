/** Signing in by a token, which the gateway keeps in a cookie that no script can read. */
import { useState } from "preact/hooks";
import { Refusal, signIn } from "../api";
import { refusal, start } from "../live";

export function SignInView({ forbidden }: { forbidden: boolean }) {
  const [failure, setFailure] = useState("");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    try {
      await signIn(String(new FormData(event.target as HTMLFormElement).get("token") ?? ""));
      start();
    } catch (error) {
      setFailure(error instanceof Refusal ? error.detail : "The gateway does not answer.");
    }
  };
  return (
    <section class="empty" aria-labelledby="signin-title">
      <h1 id="signin-title">{forbidden ? "Not allowed" : "Sign in"}</h1>
      <p>{refusal.value}</p>
      <form onSubmit={(event) => void submit(event)}>
        <label>Token <input name="token" type="password" autocomplete="current-password" required /></label>
        <button type="submit">Sign in</button>
      </form>
      {failure && <p role="alert" class="note">{failure}</p>}
      <p class="quiet">Where a proxy in front signs you in, load the page again after you have done so there.</p>
    </section>
  );
}
