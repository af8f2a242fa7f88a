/** Starts the page: reads the drifts, follows the stream, and shows them. */
import { render } from "preact";
import { App } from "./app";
import { start } from "./live";
import { keepAlerting } from "./parts/alerts";
import { keepAsking } from "./situation";

const page = document.getElementById("page");
if (page) render(<App />, page);
start();
keepAsking();
keepAlerting();
